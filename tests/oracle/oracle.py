#!/usr/bin/env python3
"""An oracle that no one wrote by hand: the engine itself, DuckDB or PostgreSQL.

Makes worlds of tables with data and queries over them (or takes TPC-H), runs everything in the engine and checks what
`tessera lineage --batch` says of the same text:
  names and types  against the engine's own description;
  binding          drop each source column: if the engine no longer binds, we must have said that the query reads it.
                   PostgreSQL says itself which columns a view depends on: what we name beyond them is counted;
  values           change each source column (shift, permute, set to NULL): every output column whose values change must
                   have it among its direct or own indirect reads or the statement's;
  nullability      a column that we call not null must hold no NULL.

Usage: oracle.py [--engine duckdb|postgres] [--binary PATH] [--seed N] [--count N] [--seconds S] [--misses FILE] [--tpch] [--strict]
Prints one summary line; with --strict missed reads, wrong names, a NULL or a column too many make it fail. Needs `duckdb` and, for PostgreSQL,
`psycopg` (tests/requirements.txt) and a server in TESSERA_TEST_POSTGRES.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import world
from lineage_engines import ENGINES, LARGE, DuckDb

ROOT = Path(__file__).resolve().parents[2]
PER_WORLD = 120
# What may read columns that the text does not name.
UNNAMED = re.compile(r"(whole row|select|distinct|on \([^()]*\)|,|\.)\s*\*|natural|pivot|\btable\b|columns\s*\(")


def reads(entries):
    """Tables and columns; a struct's member is a part of its column."""
    return {(e["table"].rsplit(".", 1)[-1].lower(), e["column"].lower().split(".")[0]) for e in entries or []}


class Oracle:
    def __init__(self, args):
        self.args = args
        self.counts = Counter()
        self.random = random.Random(args.seed)
        self.misses = []
        self.end = time.monotonic() + args.seconds

    def miss(self, what, case, **more):
        self.counts[what] += 1
        self.misses.append({"what": what, "sql": case["sql"], **more, "schemas": case["schemas"]})

    def answers(self, cases):
        feed = "".join(json.dumps(c) + "\n" for c in cases)
        run = subprocess.run([self.args.binary, "lineage", "--batch", "-"], input=feed, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def schemas(self, tables):
        return {world.quoted(t.name): {world.quoted(c.name): c.type for c in t.columns} for t in tables}

    def world(self, seed):
        engine = ENGINES[self.args.engine]()
        tables = world.make(seed, engine.world.TYPES)
        dropped, changed = engine.create(tables, seed)
        maker, schemas, cases = engine.generator(tables, f"{seed}/queries"), self.schemas(tables), []
        tries = 0
        while len(cases) < PER_WORLD and tries < PER_WORLD * 6:
            tries += 1
            sql = maker.text()
            if len(sql) > 6000:
                continue
            try:
                engine.described(sql)
            except engine.Error as error:
                self.refuse(error, sql)
                continue
            cases.append({"id": f"{seed}/{len(cases)}", "dialect": engine.dialect, "sql": sql, "schemas": schemas, "defaults": {}})
        self.check(engine, tables, cases, dropped, changed)
        if engine.writes:
            self.statements(engine, engine.writes(engine.generator(tables, f"{seed}/writes")), schemas, dropped, seed)
        engine.close()

    def statements(self, engine, maker, schemas, dropped, seed):
        """Statements that write: the columns that we name, read and written, against those that the engine names."""
        by_name = {(table.lower(), column.lower()): (table, column) for table, column in dropped}
        cases, found = [], []
        for number in range(PER_WORLD // 3):
            sql = maker.text()
            try:
                found.append(engine.touches(sql))
            except engine.Error as error:
                self.refuse(error, sql)
                continue
            cases.append({"id": f"{seed}/w{number}", "dialect": engine.dialect, "sql": sql, "schemas": schemas, "defaults": {}})
        for case, touched, answer in zip(cases, found, self.answers(cases)):
            columns = answer.get("columns") or []
            named = reads(answer.get("indirect")).union(reads(answer.get("unused")))
            for column in columns:
                named |= reads(column.get("direct")) | reads(column.get("indirect"))
            written = reads({"table": c.get("target") or "", "column": c["name"]} for c in columns)
            self.counts["statements"] += 1
            for pair in touched - named - written:
                # A star's columns matter to nobody by their names.
                key = by_name[pair]
                engine.use(dropped[key])
                try:
                    engine.touches(case["sql"])
                except engine.Error as error:
                    if engine.complains_of(error, key[1]):
                        self.miss("missed_reference", case, table=key[0], column=key[1], resolution=answer.get("resolution"))
                engine.use()
            # Of the columns that MERGE writes PostgreSQL keeps no account.
            known = touched | written if case["sql"].startswith("MERGE") else touched
            self.beyond(case["sql"], (named | written) - known)

    def beyond(self, sql, columns):
        self.counts["named_beyond"] += len(columns)
        if columns:
            self.misses.append({"what": "named_beyond", "sql": sql, "columns": sorted(columns)})

    def refuse(self, error, sql):
        self.counts["refused"] += 1
        if self.args.refused:
            print(str(error).split("\n")[0], "|", sql)

    def check(self, engine, tables, cases, dropped, changed):
        for case, answer in zip(cases, self.answers(cases)):
            # However slow the machine, some are asked.
            if time.monotonic() > self.end and self.counts["queries"] >= 20:
                return
            self.one(engine, tables, case, answer, dropped, changed)

    def one(self, engine, tables, case, answer, dropped, changed):
        sql, columns = case["sql"], answer.get("columns") or []
        want = engine.described(sql)
        self.counts["queries"] += 1
        self.counts[answer.get("resolution") or "error"] += 1
        names = [c["name"] for c in columns]
        same = names == [name for name, _ in want]
        if not same:
            self.miss("wrong_names", case, want=[n for n, _ in want], got=names, resolution=answer.get("resolution"),
                      diagnostics=[d["message"] for d in answer.get("diagnostics") or []][:3])
        else:
            for column, (name, type_) in zip(columns, want):
                self.counts["types"] += 1
                mine = column.get("type")
                if not engine.is_same_type(mine, type_):
                    self.miss("unknown_type" if mine is None else "wrong_type", case, column=name, want=type_, got=mine)
        everywhere = reads(answer.get("indirect"))
        own = [reads(c.get("direct")) | reads(c.get("indirect")) for c in columns]
        named = everywhere.union(reads(answer.get("unused")), *own)
        try:
            before, height = engine.result(sql)
        except engine.Error:
            self.counts["not_run"] += 1
            return
        self.counts["rows"] += height > 0
        # Which of many rows come first is no one's promise.
        small = height < LARGE
        if same:
            for i, column in enumerate(columns):
                if column.get("nullable") is False and "None" in before[i]:
                    self.miss("null_in_not_null", case, column=column["name"])
        lower = sql.lower()
        any_column = UNNAMED.search(lower)
        depends = engine.depends(sql)
        if depends is not None:
            self.beyond(sql, named - depends)
        for table in tables:
            if table.name.lower() not in lower:
                continue
            for column in table.columns:
                key = (table.name, column.name)
                pair = (table.name.lower(), column.name.lower())
                # What the engine says it does not depend on, or the text neither names nor takes along, cannot matter to it.
                matters = pair[1] in lower or any_column if depends is None else pair in depends
                if not matters:
                    self.counts["untouched"] += 1
                    continue
                if pair not in named:
                    engine.use(dropped[key])
                    without = None
                    try:
                        without = engine.described(sql)
                        fails = False
                    except engine.Error as error:
                        # A star that has become narrower moves what is counted by place; that error names another thing.
                        fails = engine.complains_of(error, column.name)
                        self.counts["by_place"] += not fails
                    self.counts["drops"] += 1
                    if fails:
                        self.miss("missed_reference", case, table=key[0], column=key[1], resolution=answer.get("resolution"))
                    # What the same query does without cannot change it.
                    if without == want:
                        continue
                # What may move anything cannot be missed.
                if not small or same and (pair in everywhere or all(pair in one for one in own)):
                    continue
                moved = set()
                # All changes at once for most; one after the other for some.
                few = changed[key] if self.random.random() < 0.15 else changed[key][:1]
                for schema in few:
                    engine.use(schema)
                    try:
                        after, _ = engine.result(sql)
                    except engine.Error:
                        continue
                    self.counts["changes"] += 1
                    moved |= {i for i in range(min(len(before), len(after))) if before[i] != after[i]}
                if same:
                    silent = [names[i] for i in moved if pair not in everywhere and pair not in own[i]]
                    self.counts["moved"] += len(moved)
                else:
                    silent = [] if pair in named or not moved else ["?"]
                if silent:
                    self.miss("missed_read", case, table=key[0], column=key[1], outputs=silent, resolution=answer.get("resolution"))
        engine.use()

    def tpch(self):
        """The 22 queries over small made-up data, with their own literals in it."""
        base = Path(os.environ.get("TESSERA_CORPORA") or ROOT / "../shared/corpora") / "lineage"
        if not base.exists():
            print(f"skipped: {base} is not there (set TESSERA_CORPORA)")
            return
        from tpch import tables as tpch_tables
        schema = json.loads((base / "tpc_schemas.json").read_text())["tpch"]
        texts = [json.loads(line)["sql"] for line in open(base / "tpch.jsonl")]
        tables = tpch_tables(schema, texts)
        engine = DuckDb()
        dropped, changed = engine.create(tables, 0)
        schemas = self.schemas(tables)
        cases = [{"id": f"tpch/{i + 1}", "dialect": "duckdb", "sql": sql.strip().rstrip(";"), "schemas": schemas, "defaults": {}}
                 for i, sql in enumerate(texts)]
        self.check(engine, tables, cases, dropped, changed)
        engine.close()

    def summary(self):
        n = self.counts
        types = n["types"] or 1
        right = types - n["wrong_type"] - n["unknown_type"]
        more = f", {n['statements']} statements that write, {n['named_beyond']} columns named beyond the engine's own" if self.args.engine == "postgres" else ""
        return (f"oracle: {self.args.engine}, seed {self.args.seed}, {n['queries']} queries ({n['rows']} with rows, {n['resolved']} resolved), "
                f"{n['changes']} changes, {n['drops']} drops, {n['untouched']} columns neither named nor behind a star: missed reads {n['missed_read']}, missed references "
                f"{n['missed_reference']}, wrong names {n['wrong_names']}, types exact {right}/{types} "
                f"({100 * right / types:.2f} %; {n['wrong_type']} wrong, {n['unknown_type']} unknown), NULLs in not-null columns "
                f"{n['null_in_not_null']}; {n['moved']} output columns moved, {n['by_place']} stars too narrow, "
                f"{n['refused']} texts refused by the engine{more}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target/release/tessera"))
    parser.add_argument("--engine", choices=ENGINES, default="duckdb")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--misses")
    parser.add_argument("--tpch", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--refused", action="store_true", help="print what the engine refuses")
    args = parser.parse_args()
    oracle = Oracle(args)
    if args.tpch:
        oracle.tpch()
    else:
        number = 0
        while oracle.counts["queries"] < args.count and time.monotonic() < oracle.end:
            oracle.world(f"{args.seed}.{number}")
            number += 1
    if args.misses:
        Path(args.misses).write_text("".join(json.dumps(m) + "\n" for m in oracle.misses))
    print(oracle.summary())
    n = oracle.counts
    wrong = ("missed_read", "missed_reference", "wrong_names", "null_in_not_null", "named_beyond")
    if args.strict and (any(n[what] for what in wrong) or not n["queries"]):
        for one in oracle.misses[:5]:
            print(json.dumps({k: v for k, v in one.items() if k != "schemas"}))
        sys.exit(1)


main()
