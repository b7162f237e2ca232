"""Statements that write, for the lineage oracle: PostgreSQL tells which columns a function of them depends on."""

from generate import Rel
from world import quoted

# What an expression of the generator's can be assigned to.
KINDS = ("int", "float", "decimal", "text", "bool", "date", "timestamp")


class Writes:
    """Makes INSERT, UPDATE, DELETE and MERGE with the expressions of `maker`, a generator of queries."""

    def __init__(self, maker):
        self.maker, self.r = maker, maker.r

    def text(self):
        form = self.r.choice([self.insert, self.insert, self.update, self.update, self.delete, self.merge])
        return form()

    def target(self):
        """A table, its alias and some of its columns that take what expressions give."""
        table = self.r.choice(self.maker.tables)
        fit = [c for c in table.columns if c.kind in KINDS]
        picks = self.r.sample(fit, self.r.randint(1, min(3, len(fit))))
        alias = self.maker.name("w")
        return table, Rel(alias, [(c.name, c.kind) for c in table.columns]), picks

    def source(self):
        sql, rels, _ = self.maker.source(self.r.choice([0, 0, 1]), [])
        return sql, rels

    def where(self, rels):
        return f" WHERE {self.maker.condition(rels, 2)}" if self.maker.chance(0.6) else ""

    def insert(self):
        table, _, picks = self.target()
        names = ", ".join(quoted(c.name) for c in picks)
        tail = self.r.choice(["", "", " ON CONFLICT DO NOTHING"])
        roll = self.r.random()
        if roll < 0.15:
            return f"INSERT INTO {quoted(table.name)} SELECT * FROM {quoted(table.name)} AS {self.maker.name('t')}{tail}"
        if roll < 0.25:
            values = ", ".join(self.maker.literal(c.kind) for c in picks)
            return f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({values}){tail}"
        sql, rels = self.source()
        values = ", ".join(self.maker.expr(rels, c.kind, 2) for c in picks)
        if roll < 0.45:
            cte = self.maker.name("cte")
            return (f"WITH {cte}({', '.join(f'v{i}' for i in range(len(picks)))}) AS (SELECT {values} FROM {sql}{self.where(rels)}) "
                    f"INSERT INTO {quoted(table.name)} ({names}) SELECT * FROM {cte}{tail}")
        return f"INSERT INTO {quoted(table.name)} ({names}) SELECT {values} FROM {sql}{self.where(rels)}{tail}"

    def update(self):
        table, own, picks = self.target()
        if self.maker.chance(0.5):
            return f"UPDATE {quoted(table.name)} AS {own.alias} SET {self.set([own], picks)}{self.where([own])}"
        sql, rels = self.source()
        return f"UPDATE {quoted(table.name)} AS {own.alias} SET {self.set([own, *rels], picks)} FROM {sql}{self.where([own, *rels])}"

    def set(self, rels, picks):
        if len(picks) > 1 and self.maker.chance(0.3):
            names = ", ".join(quoted(c.name) for c in picks)
            values = ", ".join(self.maker.expr(rels, c.kind, 1) for c in picks)
            return f"({names}) = " + self.r.choice([f"ROW({values})", f"(SELECT {values})", f"({values})"])
        return ", ".join(f"{quoted(c.name)} = {self.maker.expr(rels, c.kind, 2)}" for c in picks)

    def delete(self):
        table, own, _ = self.target()
        if self.maker.chance(0.5):
            return f"DELETE FROM {quoted(table.name)} AS {own.alias}{self.where([own])}"
        sql, rels = self.source()
        return f"DELETE FROM {quoted(table.name)} AS {own.alias} USING {sql}{self.where([own, *rels])}"

    def merge(self):
        table, own, picks = self.target()
        query, columns = self.maker.query(0)
        alias = self.maker.name("s")
        if len({n for n, _ in columns}) < len(columns):
            return self.update()
        other = Rel(alias, columns)
        key = self.maker.column([other], "int") or "1"
        key = key if "." in key or key == "1" else f"{alias}.{key}"
        when = [f"WHEN MATCHED AND {self.maker.condition([own, other], 1)} THEN UPDATE SET {self.set([own, other], picks)}",
                "WHEN MATCHED THEN DELETE", "WHEN MATCHED THEN DO NOTHING",
                f"WHEN NOT MATCHED THEN INSERT ({', '.join(quoted(c.name) for c in picks)}) VALUES "
                f"({', '.join(self.maker.expr([other], c.kind, 1) for c in picks)})"]
        when = [when[0], when[3]] if self.maker.chance(0.6) else self.r.sample(when, 2)
        return f"MERGE INTO {quoted(table.name)} AS {own.alias} USING ({query}) AS {alias} ON {own.alias}.id = {key} {' '.join(when)}"
