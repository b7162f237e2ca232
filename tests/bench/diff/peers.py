"""The Python peer on the same small pairs (both directions), CPU time; each question has five seconds."""

import json
import signal
import sys
import time


def main():
    from jsonsubschema import isSubschema

    pairs = [json.loads(line) for line in sys.stdin][::4]

    def late(_signal, _frame):
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    answered = refused = slow = 0
    before = time.process_time()
    for pair in pairs:
        signal.alarm(5)
        try:
            isSubschema(pair["new"], pair["old"])
            isSubschema(pair["old"], pair["new"])
            answered += 1
        except TimeoutError:
            slow += 1
        except Exception:
            refused += 1
        finally:
            signal.alarm(0)
    took = time.process_time() - before
    print(
        f"  jsonsubschema 0.0.8          {took * 1e6 / len(pairs):12.1f} µs a diff  {len(pairs) / took:9.0f} a second"
        f"  (every fourth pair: {answered} answered, {refused} refused, {slow} over 5 s)"
    )


if __name__ == "__main__":
    main()
