"""Worlds: a few tables with data made so that joins meet and filters leave something; the types are DuckDB's.

Every table has, beside itself in schema `main`, variants in schemas of their own that a search path puts before it: one
without each column (does a query still bind?) and some with each column's values changed (what changes in the result?)."""

import random

ROWS = 10
WORDS = ["amount", "city", "code", "day", "flag", "grade", "item", "kind", "label", "level", "note", "owner", "part",
         "price", "qty", "rate", "region", "score", "size", "state", "tag", "total", "unit", "value", "weight", "zone"]
ODD = ["Mixed Case", "Order", "select", "häuser", "a-b", "UPPER"]
TEXTS = ["ash", "birch", "cedar", "elm", "fir"]
TAGS = ["red", "green", "blue"]

# Type, the kind the generator knows it by, and how a row's value is written.
TYPES = [
    ("INTEGER", "int", lambda r: str(r.randint(0, 5))),
    ("INTEGER", "int", lambda r: str(r.randint(0, 40))),
    ("BIGINT", "int", lambda r: str(r.randint(0, 9))),
    ("SMALLINT", "int", lambda r: str(r.randint(0, 9))),
    ("TINYINT", "int", lambda r: str(r.randint(0, 9))),
    ("UINTEGER", "int", lambda r: str(r.randint(0, 9))),
    ("DOUBLE", "float", lambda r: str(r.randint(0, 80) / 4)),
    ("FLOAT", "float", lambda r: str(r.randint(0, 80) / 4)),
    ("DECIMAL(9,2)", "decimal", lambda r: f"{r.randint(0, 900) / 100:.2f}"),
    ("DECIMAL(18,4)", "decimal", lambda r: f"{r.randint(0, 90000) / 10000:.4f}"),
    ("VARCHAR", "text", lambda r: f"'{r.choice(TEXTS)}'"),
    ("VARCHAR", "text", lambda r: f"'{r.choice(TAGS)}'"),
    ("VARCHAR", "text", lambda r: f"'{r.choice(TEXTS)} {r.randint(1, 3)}'"),
    ("BOOLEAN", "bool", lambda r: r.choice(["true", "false"])),
    ("DATE", "date", lambda r: f"DATE '2024-0{r.randint(1, 6)}-{r.randint(10, 28)}'"),
    ("TIMESTAMP", "timestamp", lambda r: f"TIMESTAMP '2024-0{r.randint(1, 6)}-{r.randint(10, 28)} {r.randint(10, 20)}:30:00'"),
    ("INTEGER[]", "ints", lambda r: "[" + ", ".join(str(r.randint(0, 5)) for _ in range(r.randint(1, 3))) + "]"),
    ("VARCHAR[]", "texts", lambda r: "[" + ", ".join(f"'{r.choice(TAGS)}'" for _ in range(r.randint(1, 3))) + "]"),
    ("STRUCT(a INTEGER, b VARCHAR)", "struct", lambda r: f"{{'a': {r.randint(0, 5)}, 'b': '{r.choice(TAGS)}'}}"),
    ("MAP(VARCHAR, INTEGER)", "map", lambda r: f"MAP {{'x': {r.randint(0, 5)}, 'y': {r.randint(0, 5)}}}"),
    ("JSON", "json", lambda r: f"'{{\"a\": {r.randint(0, 5)}, \"b\": [\"{r.choice(TAGS)}\"]}}'"),
]

# A value that is another one: `c` is the column.
SHIFT = {
    "int": "({c} * 2 + 3) % 100", "float": "{c} * 2 + 0.75", "decimal": "{c} + 1.25", "text": "{c} || '~'",
    "bool": "NOT {c}", "date": "{c} + 45", "timestamp": "{c} + INTERVAL 45 DAY", "ints": "list_append({c}, 7)",
    "texts": "list_append({c}, 'grey')", "struct": "{{'a': {c}.a + 7, 'b': {c}.b || '~'}}",
    "map": "MAP {{'x': {c}['x'] + 7, 'y': {c}['y'] + 11}}", "json": "json_merge_patch({c}, '{{\"a\": 77, \"b\": [\"grey\"]}}')",
}


def quoted(name):
    plain = name.isascii() and name.islower() and name.replace("_", "").isalnum() and name not in ("select", "order")
    return name if plain else '"' + name + '"'


class Column:
    def __init__(self, name, type_, kind, value):
        self.name, self.type, self.kind, self.value = name, type_, kind, value


class Table:
    def __init__(self, name, columns):
        self.name, self.columns = name, columns


def make(seed, types=TYPES):
    """The tables of a world, of these types. Some columns have the same name in several tables: for USING, and for ambiguity."""
    r = random.Random(seed)
    shared = r.sample(WORDS, 3)
    tables = []
    for name in r.sample(["orders", "lines", "people", "places", "events", "stock", "visits", "Trips"], 5):
        columns = [Column("id", "INTEGER", "int", None)]
        columns.append(Column(r.choice(["k", "k", "ref"]), "INTEGER", "int", lambda r: str(r.randint(0, 5))))
        words = r.sample([w for w in WORDS if w not in shared], 7)
        words[:2] = r.sample(shared, 2)
        if r.random() < 0.25:
            words[-1] = r.choice(ODD)
        for i, word in enumerate(words[: r.randint(4, 7)]):
            # A shared name has one type everywhere, so that USING binds.
            plain = [t for t in types if t[1] in ("int", "text", "date")]
            pick = plain[WORDS.index(word) % len(plain)] if i < 2 else r.choice(types)
            columns.append(Column(word, *pick))
        tables.append(Table(name, columns))
    return tables


def rows(table, seed):
    r = random.Random(f"{seed}/{table.name}")
    for i in range(ROWS):
        yield [str(i + 1) if c.value is None else "NULL" if c.name not in ("k", "ref") and r.random() < 0.08 else c.value(r)
               for c in table.columns]


def create(execute, tables, seed, engine):
    """Makes the tables and all their variants; returns the variants' schemas by table and column."""
    dropped, changed = {}, {}
    for number, table in enumerate(tables):
        name, columns = quoted(table.name), [quoted(c.name) for c in table.columns]
        definition = ", ".join(f"{c} {column.type}" for c, column in zip(columns, table.columns))
        execute(f"CREATE TABLE main.{name} ({definition})")
        execute(f"INSERT INTO main.{name} VALUES " + ", ".join(f"({', '.join(row)})" for row in rows(table, seed)))
        for index, column in enumerate(table.columns):
            c, key = columns[index], (table.name, column.name)
            dropped[key] = f"d_{number}_{index}"
            execute(f"CREATE SCHEMA {dropped[key]}")
            execute(f"CREATE TABLE {dropped[key]}.{name} AS {engine.without(name, c, columns)}")
            changed[key] = []
            shifted = engine.world.SHIFT[column.kind]
            mixed = "CASE {row} % 3 WHEN 0 THEN " + shifted + " WHEN 1 THEN {rotated} END"
            forms = [mixed, shifted, "{rotated}", "CASE WHEN {row} % 2 = 0 THEN {c} END"]
            for form_number, form in enumerate(forms):
                schema = f"c_{number}_{index}_{form_number}"
                execute(f"CREATE SCHEMA {schema}")
                execute(f"CREATE TABLE {schema}.{name} ({definition})")
                try:
                    execute(f"INSERT INTO {schema}.{name} {engine.filled(name, c, form, column.type, columns)}")
                except engine.Error:
                    continue
                changed[key].append(schema)
    return dropped, changed
