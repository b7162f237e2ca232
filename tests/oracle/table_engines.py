"""The engines that the tables oracle asks: DuckDB in this process, PostgreSQL through psql.

Each knows its types, and `trial(old, new, values)`: how many values of the old type a column of the new type refuses, or does not
give back as they were. They are written in one time zone and read back in another, as two sessions would.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import table_shapes
from table_values import Type, quoted, random_decimal

THERE, BACK = "America/New_York", "Asia/Kolkata"
MOODS = ("sad", "ok", "happy")


class Trial:
    """What became of the values of one type in another."""

    def __init__(self, total, refused, lost, example):
        self.total, self.refused, self.lost, self.example = total, refused, lost, example

    @property
    def whole(self):
        return not self.refused and not self.lost


class DuckDb:
    name = dialect = "duckdb"

    def __init__(self, seed, r):
        import duckdb

        self.error = duckdb.Error
        self.db = duckdb.connect(config={"threads": 1})
        self.tables, self.r = {}, r
        self.version = duckdb.__version__

    def types(self):
        r, T = self.r, Type
        small, big, text = T("INTEGER", "int"), T("BIGINT", "int"), T("VARCHAR", "text")
        out = [T(t, "int") for t in "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split()]
        for p, s in ((1, 0), (3, 0), (4, 4), (5, 0), (5, 2), (9, 0), (10, 0), (10, 2), (15, 2), (18, 0), (18, 3), (19, 0), (20, 0), (38, 0), (38, 10), (38, 38)):
            out.append(T(f"DECIMAL({p},{s})", "decimal", p, s))
        out += [random_decimal(r, 38) for _ in range(6)]
        out += [T("FLOAT", "float"), T("DOUBLE", "float"), T("BOOLEAN", "bool"), text, T("VARCHAR(5)", "text"), T("CHAR(3)", "text")]
        out += [T("BLOB", "bytes"), T("BIT", "bits"), T("UUID", "uuid"), T("JSON", "json"), T("INTERVAL", "interval"), T("DATE", "date")]
        out += [T("TIME", "time"), T("TIME_NS", "time"), T("TIMETZ", "timetz"), T("TIMESTAMPTZ", "stamptz"), T("TIMESTAMPTZ_NS", "stamptz")]
        out += [T(t, "stamp") for t in ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS")]
        for values in (MOODS, MOODS[::-1], MOODS + ("new",), ("1", "2"), ("ok",)):
            out.append(T(f"ENUM({', '.join(map(quoted, values))})", "enum", *values))
        for inner in (small, big, text, T("DECIMAL(5,2)", "decimal", 5, 2), T("DATE", "date")):
            out += [T(f"{inner}[]", "list", inner, None)]
        out += [T("INTEGER[3]", "list", small, 3), T("INTEGER[2]", "list", small, 2), T("BIGINT[3]", "list", big, 3), T("INTEGER[][]", "list", T("INTEGER[]", "list", small, None), None)]
        out.append(T("STRUCT(a INTEGER, b VARCHAR)", "struct", ("a", small), ("b", text)))
        out.append(T("STRUCT(b VARCHAR, a INTEGER)", "struct", ("b", text), ("a", small)))
        out.append(T("STRUCT(a BIGINT, b VARCHAR)", "struct", ("a", big), ("b", text)))
        out.append(T("STRUCT(a INTEGER)", "struct", ("a", small)))
        out += [T("MAP(INTEGER, VARCHAR)", "map", small, text), T("MAP(BIGINT, VARCHAR)", "map", big, text), T("MAP(INTEGER, INTEGER)", "map", small, small)]
        return out

    def aliases(self):
        """Every name that the engine has for a type, with the type it stands for."""
        out = []
        for (name,) in self.db.execute("SELECT DISTINCT type_name FROM duckdb_types() WHERE schema_name = 'main'").fetchall():
            try:
                ((real,),) = self.db.execute(f"SELECT typeof(CAST(NULL AS {name}))").fetchall()
            except self.error:
                continue
            if real != '"NULL"':
                out.append((name, real))
        return out

    def table(self, type_):
        if type_.spelling not in self.tables:
            name = f"t{len(self.tables)}"
            self.db.execute(f"CREATE TABLE {name} (i INTEGER, v {type_.spelling})")
            self.db.execute("SET TimeZone = 'UTC'")
            rows = 0
            for value in dict.fromkeys(type_.values(self.r)):
                try:
                    ((known,),) = self.db.execute(f"SELECT TRY_CAST({value} AS {type_.spelling}) IS NOT NULL").fetchall()
                    if known:
                        self.db.execute(f"INSERT INTO {name} SELECT {rows}, CAST({value} AS {type_.spelling})")
                        rows += 1
                except self.error:
                    continue
            self.db.execute(f"INSERT INTO {name} VALUES (-1, NULL)")
            self.tables[type_.spelling] = (name, rows)
        return self.tables[type_.spelling]

    def trial(self, old, new):
        table, total = self.table(old)
        try:
            return self.whole(table, total, old, new)
        except self.error as error:
            if "Binder" in type(error).__name__ or "Unimplemented type for cast" in str(error):
                return Trial(total, total, 0, str(error).split("\n")[0][:100])
        refused, lost, example = 0, 0, None
        for i in range(total):
            try:
                one = self.whole(f"(SELECT * FROM {table} WHERE i = {i})", 1, old, new)
                refused, lost, example = refused + one.refused, lost + one.lost, example or one.example
            except self.error as error:
                refused, example = refused + 1, example or str(error).split("\n")[0][:100]
        return Trial(total, refused, lost, example)

    def whole(self, table, total, old, new):
        run = self.db.execute
        run(f"SET TimeZone = '{THERE}'")
        run(f"CREATE OR REPLACE TEMP TABLE there AS SELECT i, v, TRY_CAST(v AS {new.spelling}) AS w FROM {table}")
        run(f"SET TimeZone = '{BACK}'")
        run(f"CREATE OR REPLACE TEMP TABLE back AS SELECT i, v, w, TRY_CAST(w AS {old.spelling}) AS x FROM there")
        # Equal, and printed alike: -0 is not 0.
        differs = "(x IS DISTINCT FROM v OR CAST(x AS VARCHAR) IS DISTINCT FROM CAST(v AS VARCHAR))"
        ((refused, lost, example),) = run(
            f"SELECT count(*) FILTER (w IS NULL AND v IS NOT NULL), count(*) FILTER (NOT (w IS NULL AND v IS NOT NULL) AND {differs}), "
            f"any_value(CAST(v AS VARCHAR) || ' -> ' || coalesce(CAST(w AS VARCHAR), 'refused') || ' -> ' || coalesce(CAST(x AS VARCHAR), 'refused')) FILTER ({differs}) FROM back"
        ).fetchall()
        return Trial(total, refused, lost, example)

    def failure(self, statement):
        """What the engine says against a statement."""
        try:
            self.db.execute(statement).fetchall()
        except self.error as error:
            return f"{type(error).__name__}: {error}".split("\n")[0]
        return None

    def takes(self, text, type_, via=None):
        value = quoted(text) if via is None else f"CAST({quoted(text)} AS {via})"
        return self.failure(f"SELECT count(CAST({value} AS {type_}))") is None

    def create(self, table, shape, rows):
        self.failure(f"DROP VIEW IF EXISTS {table}_compat")
        return not any([self.failure(statement) for statement in table_shapes.create(shape, table, rows)])

    def describe(self, table):
        columns = self.db.execute(table_shapes.DUCKDB_COLUMNS).fetchall()
        keys = self.db.execute(table_shapes.DUCKDB_KEYS).fetchall()
        return {"columns": [{"name": n, "type": t, "nullable": null, "default": default} for n, t, null, default in columns],
                "primary_key": next((list(of) for kind, of in keys if kind == "PRIMARY KEY"), []),
                "unique": [list(of) for kind, of in keys if kind == "UNIQUE"]}


SETUP = Path(__file__).with_name("tables.sql")


class Postgres:
    name = dialect = "postgres"

    def __init__(self, seed, r):
        url = os.environ.get("TESSERA_TEST_POSTGRES")
        if not url:
            raise RuntimeError("no PostgreSQL: set TESSERA_TEST_POSTGRES to a server's URL (./tests/run starts one)")
        self.url, self.r, self.tables = url, r, {}
        self.errors = tempfile.TemporaryFile("w+")
        self.psql = subprocess.Popen(
            ["psql", url, "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, bufsize=1)
        self.database = f"tables_oracle_{os.getpid()}"
        self.ask(f"CREATE DATABASE {self.database};\n\\connect {self.database}\n")
        self.ask(SETUP.read_text())
        self.version = self.ask("SHOW server_version;")[0]

    def ask(self, sql):
        """The rows that a text prints."""
        self.psql.stdin.write(sql + "\n\\echo :done\n")
        self.psql.stdin.flush()
        rows = []
        for line in self.psql.stdout:
            if line.rstrip("\n") == ":done":
                return rows
            rows.append(line.rstrip("\n"))
        self.errors.seek(0)
        raise RuntimeError(f"psql ended: {self.errors.read()[-500:]}")

    def close(self):
        self.ask(f"\\connect postgres\nDROP DATABASE {self.database} WITH (FORCE);")
        self.psql.stdin.close()
        self.psql.wait()

    def types(self):
        r, T = self.r, Type
        small, big, text = T("integer", "int"), T("bigint", "int"), T("text", "text")
        out = [T("smallint", "int"), small, big, T("numeric", "number"), T("money", "decimal", 18, 2), T("oid", "int")]
        for p, s in ((1, 0), (3, 0), (4, 4), (5, 0), (5, 2), (10, 0), (10, 2), (12, 2), (15, 0), (18, 3), (19, 0), (20, 0), (38, 10), (100, 50), (3, -2), (2, 4)):
            out.append(T(f"numeric({p},{s})", "decimal", p, s))
        out += [random_decimal(r, 60) for _ in range(6)]
        out += [T(f"{word}({r.randint(1, 60)})", "text") for word in ("varchar", "varchar", "char")]
        out += [T(f"timestamp({r.randint(0, 6)})", "stamp"), T(f"timestamptz({r.randint(0, 6)})", "stamptz"), T(f"time({r.randint(0, 6)})", "time")]
        out += [T("real", "float"), T("double precision", "float"), T("float(24)", "float"), T("float(25)", "float"), T("boolean", "bool"), text]
        out += [T(t, "text") for t in ("varchar", "varchar(5)", "varchar(10)", "varchar(40)", "char(1)", "char(5)", "char(10)", "bpchar", "name")]
        out += [T("bytea", "bytes"), T("uuid", "uuid"), T("json", "json"), T("jsonb", "json"), T("interval", "interval"), T("interval(0)", "interval"), T("date", "date")]
        out += [T("time", "time"), T("time(0)", "time"), T("time(3)", "time"), T("timetz", "timetz"), T("time(3) with time zone", "timetz")]
        out += [T("timestamp", "stamp"), T("timestamp(0)", "stamp"), T("timestamp(3)", "stamp"), T("timestamptz", "stamptz"), T("timestamp(3) with time zone", "stamptz")]
        out += [T("bit(4)", "bits"), T("bit(8)", "bits"), T("varbit", "bits"), T("varbit(8)", "bits"), T("inet", "inet"), T("cidr", "inet"), T("int4range", "words")]
        out += [T("mood", "enum", *MOODS, named=True), T("wide_mood", "enum", *MOODS, "new", named=True), T("positive", "int", named=True), T("pair", "words", named=True)]
        for inner in (small, big, text, T("varchar(5)", "text"), T("numeric(5,2)", "decimal", 5, 2), T("date", "date")):
            out.append(T(f"{inner}[]", "list", inner, None))
        return out

    def aliases(self):
        names = ("int2 int4 int8 int smallint integer bigint decimal numeric(10) dec(10,2) float4 float8 float float(1) float(24) float(25) float(53) real bool "
                 "varchar varchar(7) character|varying(7) char|varying(7) char char(3) character(3) nchar(3) bpchar bytea timestamp timestamp(3) timestamptz timestamptz(3) time "
                 "timetz timetz(2) timestamp(3)|without|time|zone timestamp(3)|with|time|zone time|with|time|zone varbit bit|varying(4) bit int4[] int[3] integer[][] int8|array "
                 "decimal(10,2)[] interval interval|year|to|month json jsonb uuid date text name money xml inet point")
        out = []
        for name in (n.replace("|", " ") for n in names.split()):
            out.append((name, self.ask(f"SELECT format_type(atttypid, atttypmod) FROM pg_temp_type({quoted(name)});")[0]))
        return out

    def table(self, type_):
        if type_.spelling not in self.tables:
            name = f"t{len(self.tables)}"
            values = dict.fromkeys(type_.values(self.r))
            kept = self.ask("\n".join(
                [f"CREATE TABLE {name} (i int, v {type_.spelling});"]
                + [f"SELECT keep({quoted(name)}, {i}, {quoted(type_.spelling)}, {quoted(v)});" for i, v in enumerate(values)]
                + [f"INSERT INTO {name} VALUES (-1, NULL);", f"SELECT ':' || count(v) FROM {name};"]))
            self.tables[type_.spelling] = (name, int(kept[-1][1:]))
        return self.tables[type_.spelling]

    def trial(self, old, new):
        table, total = self.table(old)
        rows = self.ask(f"SELECT * FROM trial({quoted(table)}, {quoted(old.spelling)}, {quoted(new.spelling)}, {quoted(THERE)}, {quoted(BACK)});")
        if not rows:
            self.errors.seek(0)
            raise RuntimeError(self.errors.read()[-500:])
        refused, lost, *example = "\n".join(rows).split("\t")
        return Trial(total, int(refused), int(lost), "\t".join(example) or None)

    def failure(self, statement):
        rows = self.ask(f"{statement};\n\\echo :ERROR :LAST_ERROR_MESSAGE")
        failed = rows[-1] if rows else "true ?"
        return None if failed.startswith("false") else failed[5:]

    def takes(self, text, type_, via=None):
        value = quoted(text) if via is None else f"CAST({quoted(text)} AS {via})"
        return self.failure(f"SELECT CAST({value} AS {type_})") is None

    def create(self, table, shape, rows):
        return not any([self.failure(statement) for statement in table_shapes.create(shape, table, rows)])

    def describe(self, table):
        return json.loads("".join(self.ask(table_shapes.POSTGRES_SHAPE + ";")))
