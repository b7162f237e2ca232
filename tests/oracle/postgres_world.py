"""PostgreSQL's types for the worlds of the lineage oracle, and when two spellings of a type are the same."""

import re

from world import TAGS, TEXTS

# Type, the kind the generator knows it by, and how a row's value is written.
TYPES = [
    ("integer", "int", lambda r: str(r.randint(0, 5))),
    ("integer", "int", lambda r: str(r.randint(0, 40))),
    ("bigint", "int", lambda r: str(r.randint(0, 9))),
    ("smallint", "int", lambda r: str(r.randint(0, 9))),
    ("double precision", "float", lambda r: str(r.randint(0, 80) / 4)),
    ("real", "float", lambda r: str(r.randint(0, 80) / 4)),
    ("numeric(9,2)", "decimal", lambda r: f"{r.randint(0, 900) / 100:.2f}"),
    ("numeric", "decimal", lambda r: f"{r.randint(0, 90000) / 10000:.4f}"),
    ("text", "text", lambda r: f"'{r.choice(TEXTS)}'"),
    ("text", "text", lambda r: f"'{r.choice(TAGS)}'"),
    ("varchar(20)", "text", lambda r: f"'{r.choice(TEXTS)} {r.randint(1, 3)}'"),
    ("varchar", "text", lambda r: f"'{r.choice(TAGS)}'"),
    ("char(8)", "text", lambda r: f"'{r.choice(TEXTS)}'"),
    ("boolean", "bool", lambda r: r.choice(["true", "false"])),
    ("date", "date", lambda r: f"DATE '2024-0{r.randint(1, 6)}-{r.randint(10, 28)}'"),
    ("timestamp", "timestamp", lambda r: f"TIMESTAMP '2024-0{r.randint(1, 6)}-{r.randint(10, 28)} {r.randint(10, 20)}:30:00'"),
    ("timestamptz", "instant", lambda r: f"TIMESTAMPTZ '2024-0{r.randint(1, 6)}-{r.randint(10, 28)} {r.randint(10, 20)}:30:00+00'"),
    ("interval", "interval", lambda r: f"INTERVAL '{r.randint(1, 9)} days'"),
    ("uuid", "uuid", lambda r: f"'00000000-0000-4000-8000-00000000000{r.randint(0, 9)}'"),
    ("bytea", "bytes", lambda r: f"'\\x0{r.randint(0, 9)}ff'"),
    ("integer[]", "ints", lambda r: "ARRAY[" + ", ".join(str(r.randint(0, 5)) for _ in range(r.randint(1, 3))) + "]"),
    ("text[]", "texts", lambda r: "ARRAY[" + ", ".join(f"'{r.choice(TAGS)}'" for _ in range(r.randint(1, 3))) + "]"),
    ("jsonb", "json", lambda r: f"'{{\"a\": {r.randint(0, 5)}, \"b\": [\"{r.choice(TAGS)}\"]}}'"),
]

SHIFT = {
    "int": "({c} * 2 + 3) % 100", "float": "{c} * 2 + 0.75", "decimal": "{c} + 1.25", "text": "rtrim({c}) || '~'", "bool": "NOT {c}",
    "date": "{c} + 45", "timestamp": "{c} + INTERVAL '45 days'", "instant": "{c} + INTERVAL '45 days'", "interval": "{c} + INTERVAL '3 hours'",
    "uuid": "md5({c}::text)::uuid", "bytes": "{c} || '\\x07'::bytea", "ints": "{c} || 7", "texts": "{c} || 'grey'::text",
    "json": "{c} || '{{\"a\": 77, \"b\": [\"grey\"]}}'::jsonb",
}

ALIASES = {"int2": "smallint", "int4": "integer", "int": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
           "bool": "boolean", "varchar": "character varying", "bpchar": "character", "char": "character", "decimal": "numeric",
           "timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone", "time": "time without time zone",
           "timetz": "time with time zone"}


def plain_type(text):
    """A type's name as format_type spells it. A varchar without a length is a text: Tessera has one word for both."""
    text = (text or "unknown").lower().replace('"', "").strip()
    if text.endswith("[]"):
        return plain_type(text[:-2]) + "[]"
    # The size stands in the middle of `timestamp(3) with time zone`.
    size = "".join(re.findall(r"\([^)]*\)", text)).replace(" ", "")
    word = " ".join(re.sub(r"\([^)]*\)", " ", text).split())
    word = ALIASES.get(word, word)
    return "text" if word == "character varying" and not size else word + size
