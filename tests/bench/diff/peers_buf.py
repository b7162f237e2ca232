"""buf on the same pair of folders, CPU time of its process, reading the files included: peers_buf.py BUF FOLDER."""

import json
import resource
import subprocess
import sys


def main():
    buf, folder = sys.argv[1:]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [buf, "breaking", "new", "--against", "old", "--error-format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    found = [json.loads(line) for line in done.stdout.splitlines()]
    if not found or "type" not in found[0]:
        sys.exit(f"buf: {done.stdout[:300]} {done.stderr[:300]}")
    print(
        f"  buf breaking                 {took * 1e6:12.1f} µs a diff"
        f"  ({len(found)} findings at FILE, {after.ru_maxrss // 1024} MB at most)"
    )


if __name__ == "__main__":
    main()
