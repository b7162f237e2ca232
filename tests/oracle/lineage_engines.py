"""The engines that the lineage oracle asks: each makes a world's tables and their variants, describes a query and runs it."""

import os
import re

import duckdb
import postgres_queries
import postgres_world
import world
from generate import Generator
from postgres_writes import Writes

LARGE = 1000


def rounded(value):
    """Sums of floats may differ in the last digit by the order of rows."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def columns_of(cursor):
    """Each output column as a sorted list of its values' text, and how many rows there are."""
    width = len(cursor.description)
    rows = cursor.fetchmany(LARGE)
    return [sorted(repr(rounded(row[i])) for row in rows) for i in range(width)], len(rows)


class DuckDb:
    dialect, world, generator, writes, Error = "duckdb", world, Generator, None, duckdb.Error

    def __init__(self):
        self.db = duckdb.connect(config={"threads": 1})

    def close(self):
        self.db.close()

    def create(self, tables, seed):
        return world.create(self.db.execute, tables, seed, self)

    def use(self, *schemas):
        self.db.execute(f"SET search_path = '{','.join([*schemas, 'main'])}'")

    def described(self, sql):
        """Names and types of a query's columns."""
        return [(row[0], row[1]) for row in self.db.execute(f"DESCRIBE {sql}").fetchall()]

    def result(self, sql):
        return columns_of(self.db.execute(sql))

    def depends(self, sql):
        """The columns that the engine itself says a query names; None where it does not say."""
        return None

    def complains_of(self, error, column):
        return f'"{column.lower()}"' in str(error).lower()

    def is_same_type(self, mine, theirs):
        plain = lambda type_: (type_ or "unknown").lower().replace(" ", "").replace('"', "")
        return plain(mine) == plain(theirs) or theirs == '"NULL"'

    def without(self, name, column, _columns):
        return f"SELECT * EXCLUDE ({column}) FROM main.{name}"

    def filled(self, name, column, form, type_, _columns):
        """A table's rows with another value in one column, and that of another row."""
        rotated = f"(SELECT list({column} ORDER BY rowid) FROM main.{name})[(rowid + 5) % {world.ROWS} + 1]"
        form = form.format(c=column, rotated=rotated, row="rowid")
        return f"SELECT * REPLACE (CAST({form} AS {type_}) AS {column}) FROM main.{name} ORDER BY rowid"


# What something depends on, as pg_depend has it: the columns that its text names, those of stars and targets too.
DEPENDS = """
SELECT DISTINCT c.relname, a.attname FROM pg_depend d
JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE d.refobjsubid > 0 AND c.relname <> 'asked' AND
"""
VIEW = "d.objid IN (SELECT oid FROM pg_rewrite WHERE ev_class = 'main.asked'::regclass) AND d.classid = 'pg_rewrite'::regclass"
FUNCTION = "d.objid = 'main.asked'::regproc AND d.classid = 'pg_proc'::regclass"


class Postgres:
    dialect, world, generator, writes = "postgres", postgres_world, postgres_queries.PostgresGenerator, Writes

    def __init__(self):
        import psycopg
        url = os.environ.get("TESSERA_TEST_POSTGRES")
        if not url:
            raise RuntimeError("no PostgreSQL: set TESSERA_TEST_POSTGRES to a server's URL (./tests/run starts one)")
        self.Error, self.types = psycopg.Error, {}
        self.admin = psycopg.connect(url, autocommit=True)
        self.name = f"lineage_oracle_{os.getpid()}"
        self.admin.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.admin.execute(f"CREATE DATABASE {self.name}")
        self.db = psycopg.connect(url, dbname=self.name, autocommit=True)
        self.db.execute("CREATE SCHEMA main")
        self.db.execute("SET statement_timeout = '5s'")
        self.use()

    def close(self):
        self.db.close()
        self.admin.execute(f"DROP DATABASE {self.name} WITH (FORCE)")
        self.admin.close()

    def create(self, tables, seed):
        return world.create(self.db.execute, tables, seed, self)

    def use(self, *schemas):
        self.db.execute(f"SET search_path = {', '.join([*schemas, 'main'])}")

    def described(self, sql):
        for ask in (lambda: self.db.pgconn.prepare(b"", sql.encode()), lambda: self.db.pgconn.describe_prepared(b"")):
            found = ask()
            if found.error_message:
                raise self.Error(found.error_message.decode())
        return [(found.fname(i).decode(), self.type_name(found.ftype(i), found.fmod(i))) for i in range(found.nfields)]

    def type_name(self, oid, modifier):
        key = (oid, modifier)
        if key not in self.types:
            self.types[key] = self.db.execute("SELECT format_type(%s, %s)", key).fetchone()[0]
        return self.types[key]

    def result(self, sql):
        return columns_of(self.db.execute(sql))

    def depends(self, sql):
        # Of a whole row it only says the table.
        if "/* whole row */" in sql:
            return None
        names = ", ".join(f"c{i}" for i in range(len(self.described(sql))))
        return self.depends_of(f"CREATE VIEW main.asked({names}) AS {sql}", VIEW)

    def touches(self, statement):
        """The columns that a statement reads or writes."""
        return self.depends_of(f"CREATE FUNCTION main.asked() RETURNS void LANGUAGE sql BEGIN ATOMIC {statement}; END", FUNCTION)

    def depends_of(self, definition, which):
        with self.db.transaction(force_rollback=True):
            self.db.execute(definition)
            return {(table.lower(), column.lower()) for table, column in self.db.execute(DEPENDS + which)}

    def complains_of(self, error, column):
        # Hints name other columns.
        text = str(error).split("\n")[0].lower()
        return "does not exist" in text and re.search(rf"(^|[^\w]){re.escape(column.lower())}([^\w]|$)", text) is not None

    def is_same_type(self, mine, theirs):
        return postgres_world.plain_type(mine) == postgres_world.plain_type(theirs)

    def without(self, name, column, columns):
        kept = ", ".join(c for c in columns if c != column)
        return f"SELECT {kept} FROM main.{name}"

    def filled(self, name, column, form, type_, columns):
        rotated = f"(SELECT o.{column} FROM main.{name} AS o WHERE o.id = (t.id + 4) % {world.ROWS} + 1)"
        form = form.format(c=f"t.{column}", rotated=rotated, row="t.id")
        picks = ", ".join(f"CAST({form} AS {type_})" if c == column else f"t.{c}" for c in columns)
        return f"SELECT {picks} FROM main.{name} AS t ORDER BY t.id"


ENGINES = {"duckdb": DuckDb, "postgres": Postgres}
