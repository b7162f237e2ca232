"""TPC-H's tables with small data made for its 22 queries: their own literals are among the values, keys join."""

import random
import re

import world

KEYS = {"regionkey": 3, "nationkey": 5, "custkey": 8, "orderkey": 12, "partkey": 8, "suppkey": 6, "linenumber": 4}


def tables(schema, texts):
    words = sorted({w for text in texts for w in re.findall(r"'([^'%]*)'", text)})
    dates = [w for w in words if re.fullmatch(r"\d{4}-\d\d-\d\d", w)]
    made = []
    for name, columns in schema.items():
        made.append(world.Table(name, [column(c, t, words, dates, texts) for c, t in columns.items()]))
    return made


def column(name, type_, words, dates, texts):
    type_ = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE"}.get(type_.lower(), type_.upper())
    kind = {"VARCHAR": "text", "BIGINT": "int", "INTEGER": "int", "DOUBLE": "float"}[type_]
    key = next((size for end, size in KEYS.items() if name.endswith(end)), None)
    if key:
        return world.Column(name, type_, kind, lambda r: str(r.randint(1, key)))
    if "date" in name:
        return world.Column(name, type_, kind, lambda r: f"'{r.choice(dates)}'")
    if kind == "text":
        # The literals that some query compares this column with.
        near = {w for text in texts for w in re.findall(rf"{name}[^;]{{0,40}}?'([^'%]*)'", text)}
        choices = sorted(near) or words
        return world.Column(name, type_, kind, lambda r: f"'{r.choice(choices)}'")
    return world.Column(name, type_, kind, lambda r: str(r.randint(0, 100) / 4 if kind == "float" else r.randint(1, 50)))
