#!/usr/bin/env python3
"""Compares our lineage with sqlglot's reading of its own fixtures.

Usage: sqlglot_fixtures.py [--binary PATH] [--corpora DIR] [--misses FILE]      (needs `pip install sqlglot`)

qualify_columns: the fixture's `expected` text is fully qualified, so sqlglot reads names and source columns off it; ours come
from the unqualified text. lineage tests: the leaves that sqlglot's own test-suite recorded. A case counts when we parse
it. Names that sqlglot made up (`_col_0`, a literal's text, what it puts for `$1`) are an engine's own affair and match any name.
"""
import argparse, gzip, json, os, re, subprocess, sys

SCHEMA = {
    "x": {"a": "INT", "b": "INT"},
    "y": {"b": "INT", "c": "INT"},
    "z": {"b": "INT", "c": "INT"},
    "w": {"d": "TEXT", "e": "TEXT"},
    "temporal": {"d": "DATE", "t": "DATETIME"},
    "structs": {
        "one": "STRUCT<a_1 INT, b_1 VARCHAR>",
        "nested_0": "STRUCT<a_1 INT, nested_1 STRUCT<a_2 INT, nested_2 STRUCT<a_3 INT>>>",
        "quoted": "STRUCT<`foo bar` INT>",
    },
    "t_bool": {"a": "BOOLEAN", "b": "BOOLEAN"},
    "unpivotable": {"id": "INT", "jan": "INT", "feb": "INT", "north": "INT", "south": "INT"},
    "pivotable": {"id": "INT", "cat": "TEXT", "val": "INT", "kind": "TEXT", "amt": "INT"},
}
MADE_UP = re.compile(r"^_col_\d+$|^\d+$|^\$\d+$", re.I)


def bare(text):
    return text.lower().strip('`"[]')


def leaf(node, exp):
    """(table, column) of a lineage leaf; nothing for literals and table functions."""
    if node.downstream or not isinstance(node.expression, exp.Table) or not node.expression.name:
        return None
    return bare(node.expression.name), bare(node.name.split(".")[-1]).replace("@", "$")


def their_columns(sql, dialect):
    import logging

    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage

    logging.getLogger("sqlglot").setLevel(logging.ERROR)

    tree = parse_one(sql, dialect=dialect)
    query = tree.find(exp.Query) if not isinstance(tree, exp.Query) else tree
    if query is not tree and tree.args.get("with_"):
        query.set("with_", tree.args["with_"])
    names = [bare(name) for name in query.named_selects]
    columns = []
    for name in dict.fromkeys(query.named_selects):
        if name == "*":
            continue
        try:
            node = lineage(exp.column(name, quoted=True), query.copy(), schema=SCHEMA, dialect=dialect)
        except Exception:  # sqlglot cannot follow some columns of its own texts: their names are compared all the same
            continue
        columns.append((bare(name), {l for n in node.walk() if (l := leaf(n, exp))}))
    return names, dict(columns)


def our_columns(answer):
    """Names in order, and the sources of the first column of each name: sqlglot too looks names up, and finds one."""
    names, columns = [], {}
    for column in answer.get("columns") or []:
        name = bare(column["name"])
        names.append(name)
        reads = {(bare(r["table"].split(".")[-1]), bare(r["column"].split(".")[0])) for r in column["direct"]}
        columns.setdefault(name, reads)
    return names, columns


def agree(wanted, found):
    """A leaf `t.*` is any column of t: sqlglot stops at a star where we go on."""
    stars = {table for table, column in wanted if column == "*"}
    return {r for r in wanted if r[0] not in stars} == {r for r in found if r[0] not in stars} and stars <= {t for t, _ in found}


def differences(theirs, ours):
    (their_names, their_sources), (our_names, our_sources) = theirs, ours
    star = "*" in their_names
    pairs = list(zip(their_names, our_names))
    named = len(their_names) == len(our_names) and all(a == b or MADE_UP.match(a) or MADE_UP.match(b) for a, b in pairs)
    if not named and not star:
        yield f"names {their_names} but {our_names}"
        return
    for theirs_name, ours_name in pairs:
        wanted, found = their_sources.get(theirs_name), our_sources.get(ours_name)
        if wanted is not None and not agree(wanted, found) and not star:
            yield f"{ours_name}: {sorted(wanted)} but {sorted(found)}"


def run(binary, cases):
    lines = "".join(json.dumps(c) + "\n" for c in cases)
    done = subprocess.run([binary, "lineage", "--batch", "-"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def parsed(answer):
    return not answer.get("error") and answer.get("resolution") not in ("table_only", "unparsed")


def qualify(corpora, binary, misses):
    with gzip.open(os.path.join(corpora, "sqlglot_fixtures.jsonl.gz"), "rt") as f:
        fixtures = [c for c in map(json.loads, f) if c["file"] == "qualify_columns.sql"]
    known = {"risingwave": "postgres", "starrocks": "mysql", "doris": "mysql", "presto": "trino"}
    dialect = lambda c: (c["dialect"] or "").split(",")[0].strip()

    def ask(cases, unnamed):
        engine = lambda c: known.get(dialect(c), dialect(c) or unnamed)
        return run(binary, [{"id": c["id"], "dialect": engine(c), "sql": c["sql"], "schemas": SCHEMA} for c in cases])

    # sqlglot runs texts that name no dialect on DuckDB unless they say not to; those, and what is no DuckDB (EXCEPT for
    # EXCLUDE), are read as anybody's SQL.
    duckdb, anybody = ask(fixtures, "duckdb"), ask(fixtures, "generic")
    executed = [c["meta"].get("execute") != "false" for c in fixtures]
    answers = [a if run and parsed(a) else b for run, a, b in zip(executed, duckdb, anybody)]
    counts = {"agree": 0, "differ": 0, "not parsed": 0, "unread by sqlglot": 0}
    for case, answer in zip(fixtures, answers):
        if not parsed(answer):
            counts["not parsed"] += 1
            misses.append({"id": case["id"], "why": "not parsed", "sql": case["sql"], "said": answer.get("diagnostics")})
            continue
        try:
            theirs = their_columns(case["expected"], dialect(case) or None)
        except Exception as error:  # sqlglot refuses some of its own texts, each with another class
            counts["unread by sqlglot"] += 1
            misses.append({"id": case["id"], "why": f"sqlglot: {error}", "sql": case["sql"]})
            continue
        found = list(differences(theirs, our_columns(answer)))
        counts["differ" if found else "agree"] += 1
        if found:
            misses.append({"id": case["id"], "why": found, "dialect": case["dialect"], "sql": case["sql"], "expected": case["expected"]})
    return counts


def lineage_tests(corpora, binary, misses):
    with gzip.open(os.path.join(corpora, "sqlglot_lineage_tests.jsonl.gz"), "rt") as f:
        cases = [json.loads(line) for line in f]
    def flat(schema, path=()):
        for name, below in (schema or {}).items():
            if all(isinstance(v, str) for v in below.values()):
                yield ".".join((*path, name)), below
            else:
                yield from flat(below, (*path, name))

    feed = []
    for case in cases:
        # `sources` are texts that stand for tables, as a WITH would.
        sql = case["sql"]
        sources = case.get("sources") or {}
        sql = "".join(f"CREATE TEMPORARY VIEW {name} AS {text};\n" for name, text in sources.items()) + sql
        feed.append({"id": case["id"], "dialect": case["dialect"] or "generic", "sql": sql, "schemas": dict(flat(case.get("schema")))})
    counts = {"agree": 0, "differ": 0, "not parsed": 0}
    for case, answer in zip(cases, run(binary, feed)):
        if not parsed(answer):
            counts["not parsed"] += 1
            misses.append({"id": case["id"], "why": "not parsed", "sql": case["sql"], "said": answer.get("diagnostics")})
            continue
        _, ours = our_columns(answer)
        wrong = []
        for name, leaves in (case.get("leaves") or {}).items():
            wanted = set()
            for table, column in leaves:
                table = re.split(r"\s+AS\s+|\s", table or "(literal)", flags=re.I)[0]
                if re.fullmatch(r"[\w.\"`]+", table):
                    wanted.add((bare(table.split(".")[-1]), bare(column.split(".")[-1])))
            found = ours.get(bare(name), set())
            # A leaf without a table is a literal, or a column that sqlglot could not follow.
            unfollowed = not wanted and any("literal" not in (t or "") for t, _ in leaves)
            if not unfollowed and not agree(wanted, found):
                wrong.append(f"{name}: {sorted(wanted)} but {sorted(found)}")
        counts["differ" if wrong else "agree"] += 1
        if wrong:
            misses.append({"id": case["id"], "why": wrong, "sql": case["sql"], "sources": case.get("sources")})
    return counts


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=os.path.join(root, "target/release/tessera"))
    default = os.environ.get("TESSERA_CORPORA") or os.path.join(os.path.dirname(root), "shared/corpora")
    options.add_argument("--corpora", default=default)
    options.add_argument("--misses")
    given = options.parse_args()
    folder = os.path.join(given.corpora, "lineage")
    if not os.path.isdir(folder):
        sys.exit(f"No corpora at {folder}; set TESSERA_CORPORA.")
    misses = []
    for name, suite in (("qualify_columns", qualify), ("lineage tests", lineage_tests)):
        counts = suite(folder, given.binary, misses)
        judged = counts["agree"] + counts["differ"]
        share = 100 * counts["agree"] / judged if judged else 0.0
        print(f"{name}: {share:.1f}% of {judged} agree;", ", ".join(f"{k} {v}" for k, v in counts.items()))
    if given.misses:
        with open(given.misses, "w") as f:
            f.writelines(json.dumps(m) + "\n" for m in misses)


if __name__ == "__main__":
    main()
