#!/usr/bin/env python3
"""What a change of a column's type does to its values, held against the engines themselves.

Every pair of types of DuckDB and of PostgreSQL is asked of `tessera diff` (one column, both directions at once), and values of
the old type (bounds, extremes, odd ones, NULL, random ones) are put into a column of the new type and read back:
  no change            both ways every value is taken and comes back equal;
  writes ok            every old value is taken by the new type and comes back equal;
  reads ok             every new value is taken by the old type and comes back equal;
  writes or reads fail some value is refused or comes back different; none found is a false alarm, counted by its convention.
Each engine's own names of its types are held against our aliases too, and with --steps the SQL of migrations is run (`table_steps.py`).

Usage: tables.py [--batch PROGRAM] [--engine duckdb|postgres] [--seed N] [--pairs N] [--seconds S] [--misses FILE] [--alarms] [--strict] [--steps N]
PROGRAM reads batch lines from standard input: `tessera diff --batch -`, or the example `diff_batch` of tessera-diff.
Prints one summary line an engine; with --strict a contradiction makes it fail. Needs `duckdb` (tests/requirements.txt) and, for
PostgreSQL, psql and a server in TESSERA_TEST_POSTGRES.
"""

import argparse
import json
import random
import shlex
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from table_conventions import convention
from table_engines import DuckDb, Postgres
from table_steps import Steps

ROOT = Path(__file__).resolve().parents[2]
ORDER = ["ok", "risky", "undecided", "fails"]


def ask(batch, dialect, pairs):
    """Our judgments of (old, new) spellings: reads, writes and the rules; None where nothing changes."""
    lines = [{"id": i, "format": "table", "dialect": dialect, "mode": "full", "old": a, "new": b} for i, (a, b) in enumerate(pairs)]
    feed = "".join(json.dumps(line) + "\n" for line in lines)
    run = subprocess.run(shlex.split(batch), input=feed, capture_output=True, text=True, check=True)
    out = []
    for line in run.stdout.splitlines():
        answer = json.loads(line)
        if answer["error"]:
            raise SystemExit(f"{dialect} {pairs[answer['id']]}: {answer['error']}")
        changes = answer["changes"]
        worst = lambda side: max((c[side] for c in changes), key=ORDER.index)
        out.append((worst("reads"), worst("writes"), [c["rule"] for c in changes]) if changes else None)
    return out


class Run:
    def __init__(self, args, engine):
        self.args, self.engine, self.counts = args, engine, Counter()
        self.trials, self.misses, self.alarms = {}, [], Counter()

    def trial(self, old, new):
        key = (old.spelling, new.spelling)
        if key not in self.trials:
            one = self.engine.trial(old, new)
            self.trials[key] = one
            self.counts["values"] += one.total
            self.counts["kept"] += one.total - one.refused - one.lost
        return self.trials[key]

    def judge(self, old, new, verdict):
        there, back = self.trial(old, new), self.trial(new, old)
        self.counts["pairs"] += 1
        reads, writes, rules = verdict or ("ok", "ok", [])
        for side, judgment, seen in (("writes", writes, there), ("reads", reads, back)):
            self.counts[judgment] += 1
            if judgment == "ok":
                self.counts["values_of_ok"] += seen.total
                # What is new in a struct is not the old reader's business (content is open); it comes back without it.
                whole = not seen.refused if side == "reads" and set(rules) == {"field-added"} else seen.whole
                if not whole:
                    self.miss("contradiction", old, new, side, judgment, seen, rules)
            elif judgment == "fails" and seen.whole:
                why = convention(self.engine.name, old, new, side, rules)
                self.alarms[why or "unexplained"] += 1
                if not why:
                    self.miss("false_alarm", old, new, side, judgment, seen, rules)

    def miss(self, what, old, new, side, judgment, seen, rules):
        self.counts[what] += 1
        self.misses.append({"what": what, "engine": self.engine.name, "old": str(old), "new": str(new), "side": side, "judgment": judgment, "rules": rules,
                            "values": seen.total, "refused": seen.refused, "lost": seen.lost, "example": seen.example})

    def aliases(self):
        pairs = self.engine.aliases()
        for (name, real), verdict in zip(pairs, ask(self.args.batch, self.engine.dialect, pairs)):
            self.counts["aliases"] += 1
            if verdict is not None:
                self.counts["alias"] += 1
                self.misses.append({"what": "alias", "engine": self.engine.name, "old": name, "new": real, "rules": verdict[2]})

    def run(self):
        end = time.monotonic() + self.args.seconds
        r, types = self.engine.r, self.engine.types()
        self.aliases()
        pairs = [(a, b) for a in types for b in types]
        r.shuffle(pairs)
        # Those that belong together first: a slice of a few seconds should not be spent on lists beside dates.
        pairs.sort(key=lambda p: p[0].family != p[1].family or r.random() < 0.5)
        pairs = pairs[: self.args.pairs]
        verdicts = ask(self.args.batch, self.engine.dialect, [(a.spelling, b.spelling) for a, b in pairs])
        for (old, new), verdict in zip(pairs, verdicts):
            if time.monotonic() > end and self.counts["pairs"] >= 50:
                break
            self.judge(old, new, verdict)

    def summary(self):
        n, e = self.counts, self.engine
        by = "; ".join(f"{v}: {k}" for k, v in self.alarms.most_common())
        return (f"tables: {e.name} {e.version}, seed {self.args.seed}: {n['pairs']} pairs of types, {n['values']} values through a column and back ({n['kept']} kept); "
                f"{n['ok']} sides called safe with {n['values_of_ok']} values: {n['contradiction']} contradicted; {n['fails']} called breaking: "
                f"{sum(self.alarms.values())} without a lost value ({by or 'none'}); {n['risky']} risky; {n['aliases']} names of types: {n['alias']} read otherwise")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", default=f"{ROOT / 'target/release/tessera'} diff --batch -")
    parser.add_argument("--engine", choices=["duckdb", "postgres"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--misses")
    parser.add_argument("--alarms", action="store_true", help="print false alarms without a convention too")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--steps", type=int, default=0, help="run the migration steps of that many changed tables")
    args = parser.parse_args()
    bad, misses = False, []
    for kind in (DuckDb, Postgres):
        if args.engine not in (None, kind.name):
            continue
        try:
            engine = kind(args.seed, random.Random(f"{args.seed}/{kind.name}"))
        except RuntimeError as error:
            print(f"tables: {kind.name} skipped: {error}")
            continue
        run = Run(args, engine)
        run.run()
        print(run.summary())
        if args.steps:
            steps = Steps(args.batch, engine)
            # Of its own: how far the values came in the time given must not choose the tables.
            steps.run(random.Random(f"{args.seed}/{kind.name}/steps"), args.steps)
            print(steps.summary())
            run.misses += steps.misses
            bad |= bool(steps.misses or not steps.counts["shapes"])
        if hasattr(engine, "close"):
            engine.close()
        misses += run.misses
        bad |= bool(run.counts["contradiction"] or run.counts["alias"] or not run.counts["pairs"])
    if args.misses:
        Path(args.misses).write_text("".join(json.dumps(m) + "\n" for m in misses))
    for one in [m for m in misses if m["what"] != "false_alarm" or args.alarms][:200]:
        print(json.dumps(one))
    if args.strict and bad:
        sys.exit(1)


main()
