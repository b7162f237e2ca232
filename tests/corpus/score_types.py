#!/usr/bin/env python3
"""Scores output names and types of `tessera lineage --batch` against corpora that know them.

Usage: score_types.py mozilla|tpch|functions [--binary PATH] [--misses FILE] [--dialect NAME]
  mozilla    real BigQuery files whose output schema is published; the published table schemas are the catalog
  tpch       the TPC-H queries against DuckDB's DESCRIBE of the same text
  functions  sqlglot's typed function calls: how many kinds agree, differ, are unknown (its types are a peer's opinion)
The corpora are looked for in TESSERA_CORPORA, else in ../shared/corpora beside the repository. PATH is a `tessera` binary
or anything else that answers the lines of `lineage --batch -`.
"""
import argparse
import gzip
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("TESSERA_CORPORA") or ROOT / "../shared/corpora") / "lineage"


def lines(name):
    path = CORPORA / name
    if not path.exists():
        sys.exit(f"skipped: {path} is not there (set TESSERA_CORPORA)")
    with (gzip.open(path, "rt") if name.endswith(".gz") else open(path)) as file:
        return [json.loads(line) for line in file]


def answers(binary, cases):
    feed = "".join(json.dumps(case) + "\n" for case in cases)
    out = subprocess.run([binary, "lineage", "--batch", "-"], input=feed, capture_output=True, text=True, check=True)
    return {answer["id"]: answer for answer in map(json.loads, out.stdout.splitlines())}


def spelled(field):
    """A BigQuery schema field as a type's text."""
    kind = field.get("type", "RECORD" if field.get("fields") else "unknown").upper()
    if kind in ("RECORD", "STRUCT"):
        kind = "STRUCT<" + ", ".join(f"`{f['name']}` {spelled(f)}" for f in field["fields"]) + ">"
    return f"ARRAY<{kind}>" if (field.get("mode") or "").upper() == "REPEATED" else kind


BIGQUERY = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT", "DECIMAL": "NUMERIC",
            "BIGDECIMAL": "BIGNUMERIC"}


def bigquery(kind):
    """The outermost type, in BigQuery's short words."""
    word = re.split(r"[<(]", (kind or "unknown").upper())[0].strip()
    return BIGQUERY.get(word, word)


def last_target(answer):
    """The columns of the last thing that a script writes or returns."""
    columns = answer.get("columns") or []
    target = columns[-1].get("target") if columns else None
    return [c for c in columns if c.get("target") == target]


def known_as(table, known):
    """The entry of the catalog that a table's name stands for."""
    parts = table.split(".")
    for start in range(len(parts)):
        name = ".".join(parts[start:])
        if name in known:
            return name
    return next((k for k in known if k.endswith("." + table)), None)


def mozilla(binary, misses):
    """Of the tables that these files read many are in no catalog: nothing can be said of the columns that come from
    them. So the files all of whose tables are known are counted apart, and of those the ones that ask no other database
    (EXTERNAL_QUERY: what is behind it is in no catalog either). Views that other files of the corpus build are
    known by what the engine itself finds for them, as in a dbt project."""
    cases = lines("mozilla_bigquery_half.jsonl.gz")
    known = {t["table"]: {f["name"]: spelled(f) for f in t["fields"]} for t in lines("mozilla_catalog.jsonl.gz")}
    published = set(known)
    got = {}
    for _ in range(4):
        short = {}
        for table in known:
            short.setdefault(table.rsplit(".", 1)[-1].rstrip("*"), []).append(table)
        feed = []
        for case in cases:
            words = set(re.findall(r"[\w$]+", case["sql"]))
            schemas = {t: known[t] for word in words for t in short.get(word, []) if t != case.get("relation")}
            feed.append({"id": case["id"], "dialect": "bigquery", "sql": case["sql"], "schemas": schemas,
                         "relation": case.get("relation"), "defaults": {"database": "moz-fx-data-shared-prod"}})
        got = answers(binary, feed)
        before = dict(known)
        for case in cases:
            answer, relation = got[case["id"]], case.get("relation")
            if relation and relation not in published and answer.get("columns") and not answer.get("open"):
                known[relation] = {c["name"]: c.get("type") or "" for c in last_target(answer)}
        if known == before:
            break
    # A table is known when its schema is published, or when all that its own file reads is known.
    closed_tables = dict.fromkeys(published)
    def is_closed(case):
        own = (case.get("relation") or "").rsplit(".", 1)[-1]
        return all(known_as(t, closed_tables) or t.rsplit(".", 1)[-1] == own for t in got[case["id"]].get("reads") or [])
    for _ in range(4):
        closed_tables |= dict.fromkeys(c["relation"] for c in cases if c.get("relation") and is_closed(c))
    scored = {"all": Counter(), "of known tables only": Counter(), "of known tables and no other database": Counter()}
    for case in cases:
        if not case.get("out_columns"):
            continue
        answer, want = got[case["id"]], case["out_columns"]
        found = last_target(answer)
        by_name = {c["name"].lower(): c for c in found}
        names = [name.lower() for name, _, _ in want]
        count = Counter(files=1, columns=len(want))
        count["ordered"] = [c["name"].lower() for c in found] == names
        count["set"] = sorted(by_name) == sorted(names) and len(found) == len(names)
        wrong = []
        for name, kind, mode in want:
            column = by_name.get(name.lower())
            kind = "ARRAY" if (mode or "").upper() == "REPEATED" else bigquery(kind)
            mine = bigquery(column.get("type")) if column else "MISSING"
            count["found"] += column is not None
            count["types"] += mine == kind
            count["unknown"] += mine == "UNKNOWN"
            if mine != kind:
                wrong.append([name, kind, mine])
        scored["all"] += count
        if is_closed(case):
            scored["of known tables only"] += count
            if "EXTERNAL_QUERY" not in case["sql"]:
                scored["of known tables and no other database"] += count
        if not count["set"] or wrong:
            missing = [t for t in answer.get("reads") or [] if not known_as(t, closed_tables)]
            names = None if count["set"] else [[n for n, _, _ in want], [c["name"] for c in found]]
            misses.append({"id": case["id"], "resolution": answer.get("resolution"), "unknown_tables": missing,
                           "names": names, "types": wrong})
    for label, n in scored.items():
        share = lambda part, whole: f"{n[part]}/{n[whole]} ({100 * n[part] / (n[whole] or 1):.1f} %)"
        print(f"mozilla, files {label}: names exact as a set {share('set', 'files')}, in the schema file's order too "
              f"{share('ordered', 'files')}; columns found {share('found', 'columns')}")
        print(f"mozilla, files {label}: types exact {share('types', 'columns')}, of those found "
              f"{share('types', 'found')}; unknown {n['unknown']}, different {n['found'] - n['types'] - n['unknown']}")


def tpch(binary, misses):
    schema = json.loads((CORPORA / "tpc_schemas.json").read_text())["tpch"]
    described = {d["id"]: d["columns"] for d in lines("tpch_describe.jsonl")}
    got = answers(binary, [{"id": c["id"], "dialect": "duckdb", "sql": c["sql"], "schemas": schema, "defaults": {}}
                           for c in lines("tpch.jsonl")])
    total = names = types = 0
    for case, columns in described.items():
        found = last_target(got[case])
        for i, (name, kind) in enumerate(columns):
            mine = found[i] if i < len(found) else {"name": None}
            total += 1
            names += mine["name"] == name
            types += mine.get("type") == kind
            if mine["name"] != name or mine.get("type") != kind:
                misses.append({"id": case, "want": [name, kind], "got": [mine["name"], mine.get("type")]})
    print(f"tpch: {total} columns: names exact {names} ({100 * names / total:.1f} %), "
          f"types exact {types} ({100 * types / total:.1f} %)")


KINDS = [("bool", "BOOL|BOOLEAN"), ("int", r"(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U(TINY|SMALL|BIG)?INT(EGER)?|U?INT\d+"),
         ("decimal", "NUMBER|NUMERIC|DECIMAL|BIGNUMERIC|BIGDECIMAL"), ("float", r"FLOAT\d*|DOUBLE( PRECISION)?|REAL"),
         ("text", "TEXT|N?VARCHAR|STRING|CHAR|LONGTEXT"), ("bytes", "BYTES|BINARY|VARBINARY|BLOB|BYTEA|LONGBLOB"),
         ("timestamp", "TIMESTAMP.*|DATETIME.*"), ("json", "JSON|VARIANT|OBJECT|SUPER|JSONB")]


def kind_of(text, snowflake):
    word = re.split(r"[<(]", text.upper())[0].strip()
    if text.endswith("]"):
        return "array"
    for kind, pattern in KINDS:
        if re.fullmatch(pattern, word):
            return "int" if kind == "decimal" and snowflake and re.search(r",\s*0\)", text) else kind
    return word.lower()


SOURCE = {"str_col": "VARCHAR", "int_col": "INT", "bigint_col": "BIGINT", "double_col": "DOUBLE", "float_col": "FLOAT",
          "bool_col": "BOOLEAN", "date_col": "DATE", "timestamp_col": "TIMESTAMP", "time_col": "TIME"}
BYTES = {"bigquery": "BYTES", "postgres": "BYTEA", "duckdb": "BLOB", "trino": "VARBINARY", "presto": "VARBINARY"}
FLOATS = {"bigquery": "FLOAT64", "postgres": "DOUBLE PRECISION"}


def functions(binary, misses, only):
    feed, want = [], {}
    for case in lines("sqlglot_fixtures.jsonl.gz"):
        if "annotate_functions" not in case["file"]:
            continue
        for dialect in (case.get("dialect") or "generic").split(","):
            dialect = dialect.strip()
            if only and dialect != only:
                continue
            columns = dict(SOURCE, bin_col=BYTES.get(dialect, "BINARY"), double_col=FLOATS.get(dialect, "DOUBLE"))
            if dialect == "bigquery":
                columns |= {"str_col": "STRING", "bignum_col": "BIGNUMERIC", "array_col": "ARRAY<STRING>"}
            key = f"{case['id']}/{dialect}"
            want[key] = (case, dialect)
            feed.append({"id": key, "dialect": dialect, "sql": f"SELECT {case['sql']} AS x FROM tbl",
                         "schemas": {"tbl": columns}, "defaults": {}})
    got = answers(binary, feed)
    counts = {}
    for key, (case, dialect) in want.items():
        column = (got[key].get("columns") or [{}])[0].get("type")
        snowflake = dialect == "snowflake"
        same = column is not None and kind_of(column, snowflake) == kind_of(case["expected"], snowflake)
        verdict = "unknown" if column is None else "agree" if same else "differ"
        counts.setdefault(dialect, Counter())[verdict] += 1
        if not same:
            misses.append({"id": key, "verdict": verdict, "sql": case["sql"], "want": case["expected"], "got": column})
    for dialect, count in sorted(counts.items()):
        print(f"functions {dialect}: " + ", ".join(f"{k} {count[k]}" for k in ("agree", "differ", "unknown")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["mozilla", "tpch", "functions"])
    parser.add_argument("--binary", default=str(ROOT / "target/release/tessera"))
    parser.add_argument("--misses")
    parser.add_argument("--dialect")
    args = parser.parse_args()
    misses = []
    if args.what == "functions":
        functions(args.binary, misses, args.dialect)
    else:
        {"mozilla": mozilla, "tpch": tpch}[args.what](args.binary, misses)
    if args.misses:
        Path(args.misses).write_text("".join(json.dumps(miss) + "\n" for miss in misses))


main()
