"""The Python peers on 100 models drawn from the same 5,000 (fixed seed): CPU seconds, and what 5,000 would take."""

import json
import random
import sys
import time

COUNT, DRAWN = 5000, 100


def sqlglot_all(models):
    import sqlglot
    from sqlglot.lineage import lineage

    failed = 0
    for model in models:
        try:
            lineage(None, model["sql"], {}, dialect="postgres")
        except Exception:
            try:
                tree = sqlglot.parse_one(model["sql"], dialect="postgres")
                for name in tree.named_selects:
                    if name != "*":
                        lineage(name, tree, {}, dialect="postgres")
            except Exception:
                failed += 1
    return sqlglot.__version__, failed


def polyglot_all(models):
    import polyglot_sql

    failed = 0
    for model in models:
        try:
            polyglot_sql.analyze_query(model["sql"], dialect="postgres")
        except Exception:
            failed += 1
    return getattr(polyglot_sql, "__version__", "?"), failed


def main():
    models = [json.loads(line) for line in sys.stdin]
    drawn = random.Random(3).sample(models, DRAWN)
    for name, run in (("polyglot-sql", polyglot_all), ("sqlglot[c]", sqlglot_all)):
        before = time.process_time()
        version, failed = run(drawn)
        took = time.process_time() - before
        print(
            f"{name} {version}: {took:.2f} s CPU for {DRAWN} models drawn at random ({failed} failed),"
            f" extrapolated to {COUNT}: {took * COUNT / DRAWN:.0f} s"
        )


if __name__ == "__main__":
    main()
