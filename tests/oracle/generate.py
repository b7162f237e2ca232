"""Makes queries over a world's tables: DuckDB's, and what `postgres_queries.py` makes of it. What is made is deterministic as a multiset of rows: no ties decide."""

import random
from world import TAGS, TEXTS, quoted


class Rel:
    """A relation in FROM: its alias, and its columns as (name, kind)."""

    def __init__(self, alias, columns):
        self.alias, self.columns = alias, columns


class Generator:
    def __init__(self, tables, seed):
        self.tables = tables
        self.r = random.Random(seed)
        self.count = 0

    def name(self, prefix):
        self.count += 1
        return f"{prefix}{self.count}"

    def chance(self, share):
        return self.r.random() < share

    def text(self):
        """A query of some depth."""
        return self.query(self.r.choice([0, 0, 1, 1, 2]))[0]

    # Expressions

    def columns(self, rels, kinds):
        """Columns of these kinds, as SQL. Names that only one relation has may stand alone."""
        names = [c[0].lower() for rel in rels for c in rel.columns]
        out = []
        for rel in rels:
            for name, kind in rel.columns:
                if kind in kinds:
                    lone = names.count(name.lower()) == 1 and not rel.alias.startswith("=") and self.chance(0.5)
                    out.append(quoted(name) if lone else f"{rel.alias}.{quoted(name)}")
        return out

    def column(self, rels, *kinds):
        found = self.columns(rels, kinds)
        return self.r.choice(found) if found else None

    # What the kinds of values are, and what this engine writes that others do not.
    KINDS = ["int", "int", "float", "decimal", "text", "text", "bool", "date", "timestamp", "ints", "texts", "struct", "json", "map"]
    EARLIER_NAMES = GROUP_BY_ALL = SEMI_JOINS = FROM_FIRST = QUALIFIES = STAR_WORDS = True
    SET_OPERATORS = ["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "UNION BY NAME", "UNION ALL BY NAME", "INTERSECT ALL", "EXCEPT ALL"]
    MATCHES = "regexp_matches({0}, '{1}')"

    def literal(self, kind):
        r = self.r
        return {"int": lambda: str(r.randint(0, 9)), "float": lambda: f"{r.randint(0, 40) / 4}::DOUBLE",
                "decimal": lambda: f"{r.randint(0, 400) / 100:.2f}", "text": lambda: f"'{r.choice(TEXTS + TAGS)}'",
                "bool": lambda: r.choice(["true", "false"]), "date": lambda: f"DATE '2024-0{r.randint(1, 6)}-15'",
                "timestamp": lambda: f"TIMESTAMP '2024-0{r.randint(1, 6)}-15 12:00:00'", "ints": lambda: "[1, 2]",
                "texts": lambda: "['red', 'blue']", "struct": lambda: "{'a': 1, 'b': 'red'}",
                "map": lambda: "MAP {'x': 1}", "json": lambda: "'{\"a\": 1}'::JSON"}[kind]()

    def expr(self, rels, kind, depth=2):
        r = self.r
        column = self.column(rels, kind)
        if depth <= 0 or (column and self.chance(0.3)):
            return column if column and self.chance(0.95) else self.literal(kind)
        e = lambda k: self.expr(rels, k, depth - 1)
        c = lambda k: self.column(rels, k) or self.literal(k)
        common, own = self.common(rels, kind, depth, e), self.own(rels, kind, depth, e, c)
        if kind in ("map", "json"):
            common = common[:1]
        if depth > 1 and kind in ("int", "text", "date", "decimal") and self.chance(0.06):
            return self.scalar(rels, kind)
        return r.choice(own + common[: 3 if kind not in ("bool",) else 1])() if self.chance(0.8) else r.choice(common)()

    def common(self, rels, kind, depth, e):
        """Ways to make a value of any kind."""
        return [
            lambda: f"CASE WHEN {self.condition(rels, depth - 1)} THEN {e(kind)} ELSE {e(kind)} END",
            lambda: f"COALESCE({e(kind)}, {e(kind)})",
            lambda: f"CASE WHEN {self.condition(rels, depth - 1)} THEN {e(kind)} END",
            lambda: f"NULLIF({e(kind)}, {e(kind)})",
            lambda: f"IF({self.condition(rels, depth - 1)}, {e(kind)}, {e(kind)})",
        ]

    def own(self, rels, kind, depth, e, c):
        """Ways to make a value of this kind. `e` makes an expression of a kind, `c` a column."""
        r = self.r
        return {
            "int": [lambda: f"{e('int')} {r.choice('+-*')} {e('int')}", lambda: f"{c('int')} + {r.randint(1, 300)}",
                    lambda: f"length({e('text')})", lambda: f"year({c('date')})", lambda: f"CAST({c('decimal')} AS INTEGER)",
                    lambda: f"extract(month FROM {c('date')})", lambda: f"abs({e('int')})", lambda: f"-{c('int')}",
                    lambda: f"date_diff('day', {c('date')}, {self.literal('date')})", lambda: f"len({c('ints')})",
                    lambda: f"{c('ints')}[1]", lambda: f"({c('struct')}).a", lambda: f"struct_extract({c('struct')}, 'a')",
                    lambda: f"list_reduce({c('ints')}, lambda p, q: p + q)", lambda: f"unicode({c('text')})",
                    lambda: f"CASE {c('int')} WHEN 1 THEN {e('int')} WHEN 2 THEN {c('int')} ELSE {e('int')} END",
                    lambda: f"list_aggregate({c('ints')}, 'max')", lambda: f"{c('int')} << 1", lambda: f"datediff('month', {c('date')}, {c('date')})",
                    lambda: f"{c('map')}['x']", lambda: f"({c('json')} ->> 'a')::INTEGER", lambda: f"{e('int')} % 3",
                    lambda: f"greatest({e('int')}, {e('int')})", lambda: f"list_sum({c('ints')})::INTEGER",
                    lambda: f"{c('int')} // 2", lambda: f"strpos({e('text')}, 'e')", lambda: f"{c('int')}::SMALLINT",
                    lambda: f"list_position({c('ints')}, {c('int')})", lambda: f"{c('int')} & 3", lambda: f"sign({e('int')})",
                    lambda: f"date_part('quarter', {c('timestamp')})", lambda: f"cardinality({c('map')})::BIGINT",
                    lambda: f"ascii({c('text')})", lambda: f"TRY_CAST({c('text')} AS INTEGER)"],
            "float": [lambda: f"{e('int')} / {r.randint(1, 4)}", lambda: f"{e('float')} {r.choice('+-*')} {e('float')}",
                      lambda: f"sqrt(abs({e('int')}))", lambda: f"{e('float')} + {e('int')}", lambda: f"round({e('float')}, 1)",
                      lambda: f"CAST({e('decimal')} AS DOUBLE)", lambda: f"floor({e('float')})", lambda: f"ceil({c('float')})",
                      lambda: f"{c('decimal')} * {c('float')}", lambda: f"power({c('int')}, 2)", lambda: f"list_avg({c('ints')})",
                      lambda: f"{c('decimal')} / 2", lambda: f"epoch({c('timestamp')})"],
            "decimal": [lambda: f"{c('decimal')} + {c('decimal')}", lambda: f"{c('decimal')} * {r.randint(2, 5)}",
                        lambda: f"round({c('decimal')}, 1)", lambda: f"CAST({e('int')} AS DECIMAL(12,3))",
                        lambda: f"{c('decimal')} - {c('int')}", lambda: f"{c('int')} * 1.5", lambda: f"floor({c('decimal')})",
                        lambda: f"{c('decimal')} * {c('decimal')}", lambda: f"abs({c('decimal')})", lambda: f"-{c('decimal')}",
                        lambda: f"{c('decimal')} % 2", lambda: f"greatest({c('decimal')}, {c('decimal')})"],
            "text": [lambda: f"upper({e('text')})", lambda: f"{e('text')} || {e('text')}", lambda: f"substr({e('text')}, 2, 3)",
                     lambda: f"CAST({e('int')} AS VARCHAR)", lambda: f"concat({e('text')}, '-', {e('int')})",
                     lambda: f"replace({e('text')}, 'e', {e('text')})", lambda: f"strftime({c('date')}, '%Y-%m')",
                     lambda: f"({c('struct')}).b", lambda: f"{c('texts')}[1]", lambda: f"{c('json')} ->> '$.b[0]'",
                     lambda: f"concat_ws('/', {c('text')}, {c('text')})", lambda: f"array_to_string({c('texts')}, ',')",
                     lambda: f"{c('text')}[1:2]", lambda: f"split_part({c('text')}, ' ', 1)", lambda: f"left({e('text')}, 2)",
                     lambda: f"lpad({e('text')}, 8, '.')", lambda: f"regexp_replace({c('text')}, '[aeiou]', '_')",
                     lambda: f"trim({e('text')})", lambda: f"md5({c('text')})", lambda: f"monthname({c('date')})",
                     lambda: f"json_extract_string({c('json')}, '$.a')", lambda: f"{c('date')}::VARCHAR",
                     lambda: f"format('{{}}:{{}}', {c('text')}, {c('int')})", lambda: f"reverse({e('text')})"],
            "bool": [lambda: self.condition(rels, depth), lambda: f"NOT {e('bool')}", lambda: f"{c('int')} IS NULL",
                     lambda: f"starts_with({c('text')}, 'a')", lambda: f"list_contains({c('ints')}, {c('int')})"],
            "date": [lambda: f"{c('date')} + {r.randint(1, 9)}", lambda: f"CAST({c('timestamp')} AS DATE)",
                     lambda: f"last_day({c('date')})", lambda: f"make_date(2024, 1 + {c('int')}::INTEGER % 12, 1)",
                     lambda: f"{c('timestamp')}::DATE", lambda: f"{c('date')} - {c('int')}::INTEGER"],
            "timestamp": [lambda: f"{c('date')} + INTERVAL 2 DAY", lambda: f"date_trunc('month', {c('timestamp')})",
                          lambda: f"{c('timestamp')} - INTERVAL {r.randint(1, 5)} HOUR", lambda: f"date_trunc('week', {c('date')})",
                          lambda: f"{c('date')}::TIMESTAMP", lambda: f"time_bucket(INTERVAL 7 DAY, {c('timestamp')})"],
            "ints": [lambda: f"[{e('int')}, {e('int')}]", lambda: f"list_transform({c('ints')}, lambda q: q + 1)",
                     lambda: f"list_sort({c('ints')})", lambda: f"list_filter({c('ints')}, lambda q: q > {r.randint(0, 4)})",
                     lambda: f"[q * 2 for q in {c('ints')} if q > 1]", lambda: f"list_concat({c('ints')}, {c('ints')})",
                     lambda: f"range({c('int')} % 4)", lambda: f"{c('ints')}[1:2]", lambda: f"list_distinct({c('ints')}).list_sort()"],
            "texts": [lambda: f"[{e('text')}, {e('text')}]", lambda: f"string_split({c('text')}, ' ')",
                      lambda: f"list_transform({c('texts')}, lambda q: upper(q))", lambda: f"{c('texts')} || {c('texts')}",
                      lambda: f"map_keys({c('map')})"],
            "struct": [lambda: f"{{'a': {e('int')}, 'b': {e('text')}}}", lambda: f"struct_pack(a := {e('int')}, b := {e('text')})"],
            "map": [lambda: f"MAP {{'x': {c('int')}::INTEGER, 'y': 1}}", lambda: f"map(['x'], [{c('int')}])"],
            "json": [lambda: f"to_json({c('struct')})", lambda: f"json_object('a', {c('int')})", lambda: f"{c('json')} -> 'b'"],
        }[kind]

    def condition(self, rels, depth=1):
        r = self.r
        kind = r.choice(["int", "int", "text", "date", "decimal", "bool"])
        column = self.column(rels, kind) or self.column(rels, "int", "text")
        if column is None:
            return "1 = 1"
        if depth <= 0:
            return f"{column} IS NOT NULL"
        made = {
            "int": [lambda: f"{self.column(rels, 'int') or '1'} {r.choice(['>', '>=', '<', '<>', '='])} {r.randint(1, 6)}",
                    lambda: f"{self.expr(rels, 'int', depth - 1)} BETWEEN 0 AND {r.randint(3, 30)}",
                    lambda: f"{self.expr(rels, 'int', depth - 1)} IN (1, 2, {r.randint(3, 9)})",
                    lambda: f"{self.expr(rels, 'int', 0)} IS DISTINCT FROM {self.expr(rels, 'int', 0)}"],
            "text": [lambda: f"{self.expr(rels, 'text', depth - 1)} LIKE '%{r.choice('aeir')}%'",
                     lambda: f"{self.expr(rels, 'text', 0)} <> {self.expr(rels, 'text', depth - 1)}",
                     lambda: f"{self.expr(rels, 'text', 0)} ILIKE 'B%'",
                     lambda: self.MATCHES.format(self.expr(rels, 'text', 0), '[a-d]')],
            "date": [lambda: f"{self.expr(rels, 'date', 0)} >= {self.literal('date')}",
                     lambda: f"{self.expr(rels, 'date', 0)} BETWEEN DATE '2024-01-10' AND {self.literal('date')}"],
            "decimal": [lambda: f"{self.expr(rels, 'decimal', depth - 1)} > {r.randint(0, 4)}"],
            "bool": [lambda: f"{self.expr(rels, 'bool', 0)}", lambda: f"{self.expr(rels, 'bool', 0)} IS NOT TRUE"],
        }
        one = r.choice(made[kind])()
        if depth > 1 and self.chance(0.25):
            one = f"({one} {r.choice(['AND', 'OR'])} {self.condition(rels, depth - 1)})"
        if self.chance(0.08):
            one = f"NOT ({one})"
        return one

    def scalar(self, rels, kind):
        """A scalar subquery, correlated or not."""
        table = self.r.choice(self.tables)
        alias = self.name("q")
        inner = [Rel(alias, [(c.name, c.kind) for c in table.columns])]
        value = self.column(inner, kind)
        if value is None:
            return self.literal(kind)
        where = ""
        outer = self.column(rels, "int")
        if outer and self.chance(0.6):
            outer = outer if "." in outer else next((f"{rel.alias}.{outer}" for rel in rels for c in rel.columns if quoted(c[0]) == outer), outer)
            where = f" WHERE {alias}.{quoted(table.columns[1].name)} {self.r.choice(['=', '<=', '<>'])} {outer}"
        value = value if "." in value else f"{alias}.{value}"
        if kind == "int" and where and self.chance(0.3):
            return f"(SELECT count(*) FROM {quoted(table.name)} AS {alias}{where})"
        if where and self.chance(0.2):
            deep, other = self.name("q"), self.r.choice(self.tables)
            where += (f" AND EXISTS (SELECT 1 FROM {quoted(other.name)} AS {deep} WHERE {deep}.{quoted(other.columns[1].name)} "
                      f"= {alias}.{quoted(table.columns[1].name)} AND {deep}.id <> {outer})")
        return f"(SELECT {self.r.choice(['max', 'min'])}({value}) FROM {quoted(table.name)} AS {alias}{where})"

    def subquery_condition(self, rels):
        table = self.r.choice(self.tables)
        alias = self.name("q")
        key = f"{alias}.{quoted(table.columns[1].name)}"
        outer = self.columns(rels, ("int",))
        full = [f"{rel.alias}.{quoted(n)}" for rel in rels for n, k in rel.columns if k == "int"]
        if not outer:
            return "1 = 1"
        one = self.r.choice(full)
        inner = self.condition([Rel(alias, [(c.name, c.kind) for c in table.columns])])
        source = f"FROM {quoted(table.name)} AS {alias}"
        return self.r.choice([
            f"EXISTS (SELECT 1 {source} WHERE {key} = {one})",
            f"NOT EXISTS (SELECT * {source} WHERE {key} = {one} AND {inner})",
            f"{one} IN (SELECT {key} {source} WHERE {inner})",
            f"{one} NOT IN (SELECT {key} {source} WHERE {key} IS NOT NULL AND {inner})",
            f"{one} <= ANY (SELECT {key} {source})",
            f"{one} >= ALL (SELECT {key} {source} WHERE {key} IS NOT NULL AND {inner})",
            f"({one}, 1) IN (SELECT {key}, 1 {source})",
        ])

    # Relations

    def base(self):
        table = self.r.choice(self.tables)
        columns = [(c.name, c.kind) for c in table.columns]
        if self.chance(0.25):
            return quoted(table.name), Rel(quoted(table.name), columns), table
        alias = self.name("t")
        return f"{quoted(table.name)} {self.r.choice(['AS ', ''])}{alias}", Rel(alias, columns), table

    def relation(self, depth, ctes):
        """SQL of one relation and what it gives."""
        r = self.r
        roll = r.random()
        if ctes and roll < 0.35:
            name, columns = r.choice(ctes)
            alias = self.name("c")
            return f"{name} AS {alias}", Rel(alias, columns)
        if depth > 0 and roll < 0.5:
            sql, columns = self.query(depth - 1, ctes)
            alias = self.name("s")
            if self.chance(0.15):
                names = [self.name("n") for _ in columns]
                return f"({sql}) AS {alias}({', '.join(names)})", Rel(alias, list(zip(names, [k for _, k in columns])))
            return f"({sql}) AS {alias}", Rel(alias, columns)
        if roll < 0.54:
            alias = self.name("v")
            return f"(VALUES (1, 'ash'), (2, 'red'), (3, NULL)) AS {alias}(k, word)", Rel(alias, [("k", "int"), ("word", "text")])
        if roll < 0.55:
            # The parser's tree of TABLE does not say whether the name was quoted.
            table, alias = r.choice([t for t in self.tables if t.name.islower()]), self.name("v")
            return f"(TABLE {quoted(table.name)}) AS {alias}", Rel(alias, [(c.name, c.kind) for c in table.columns])
        if roll < 0.565:
            alias = self.name("g")
            return f"{self.series(r.randint(2, 6))} AS {alias}(k)", Rel(alias, [("k", "int")])
        if roll < 0.62:
            made = self.pivot()
            if made:
                return made
        sql, rel, _ = self.base()
        return sql, rel

    def series(self, length):
        return f"range({length})"

    def pivot(self):
        r = self.r
        _, _, table = self.base()
        texts = [c for c in table.columns if c.kind == "text"]
        ints = [c for c in table.columns if c.kind == "int"]
        name, alias = quoted(table.name), self.name("p")
        if texts and self.chance(0.6):
            text, value, group = r.choice(texts), ints[0], ints[1]
            values = "'red', 'blue'"
            if self.chance(0.5):
                return (f"(PIVOT {name} ON {quoted(text.name)} IN ({values}) USING sum({quoted(value.name)}) "
                        f"GROUP BY {quoted(group.name)}) AS {alias}",
                        Rel(alias, [(group.name, "int"), ("red", "int"), ("blue", "int")]))
            return (f"(SELECT * FROM (SELECT {quoted(group.name)}, {quoted(text.name)}, {quoted(value.name)} FROM {name}) "
                    f"PIVOT (max({quoted(value.name)}) FOR {quoted(text.name)} IN ({values}))) AS {alias}",
                    Rel(alias, [(group.name, "int"), ("red", "int"), ("blue", "int")]))
        if len(ints) > 2:
            a, b = ints[1], ints[2]
            if quoted(a.name) != a.name or quoted(b.name) != b.name or a.type != b.type:
                return None
            form = r.choice(["(UNPIVOT (SELECT id, {a}, {b} FROM {t}) ON {a}, {b} INTO NAME kind_ VALUE val_) AS {p}",
                             "(SELECT * FROM (SELECT id, {a}, {b} FROM {t}) UNPIVOT (val_ FOR kind_ IN ({a}, {b}))) AS {p}"])
            return (form.format(a=a.name, b=b.name, t=name, p=alias),
                    Rel(alias, [("id", "int"), ("kind_", "text"), ("val_", "int")]))
        return None

    def source(self, depth, ctes):
        """FROM: its SQL, the relations in scope, and what a bare star gives, or None where that is not plain."""
        r = self.r
        sql, rel = self.relation(depth, ctes)
        rels, star = [rel], list(rel.columns)
        merged = set()
        for _ in range(r.choice([0, 0, 0, 1, 1, 1, 2])):
            right_sql, right = self.relation(depth, ctes)
            if any(x.alias.lower() == right.alias.lower() for x in rels):
                continue
            roll = r.random()
            names = [n.lower() for n, _ in star]
            kinds = dict((n.lower(), k) for n, k in star)
            both = [(n, k) for n, k in right.columns
                    if names.count(n.lower()) == 1 and kinds[n.lower()] == k and k in ("int", "text", "date")
                    and [x.lower() for x, _ in right.columns].count(n.lower()) == 1]
            left_keys = [f"{x.alias}.{quoted(n)}" for x in rels for n, k in x.columns if k == "int" and n.lower() not in merged]
            right_keys = [f"{right.alias}.{quoted(n)}" for n, k in right.columns if k == "int"]
            kind = r.choice(["JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN", "RIGHT JOIN", "FULL JOIN"])
            if both and roll < 0.22:
                using = r.sample(both, 1 if self.chance(0.8) else len(both))
                sql += f" {kind} {right_sql} USING ({', '.join(quoted(n) for n, _ in using)})"
                drop = {n.lower() for n, _ in using}
                merged |= drop
                star += [(n, k) for n, k in right.columns if n.lower() not in drop]
            elif roll < 0.27 and both:
                sql += f" NATURAL {r.choice(['JOIN', 'LEFT JOIN', 'INNER JOIN'])} {right_sql}"
                drop = {n.lower() for n, _ in right.columns} & set(names)
                merged |= drop
                star += [(n, k) for n, k in right.columns if n.lower() not in drop]
            elif not left_keys or not right_keys:
                sql += f" CROSS JOIN {right_sql}"
                star += right.columns
            elif self.SEMI_JOINS and roll < 0.36:
                sql += f" {r.choice(['SEMI', 'ANTI'])} JOIN {right_sql} ON {r.choice(left_keys)} = {r.choice(right_keys)}"
                continue
            elif roll < 0.41:
                sql += f" CROSS JOIN {right_sql}"
                star += right.columns
            elif roll < 0.45:
                sql += f", {right_sql}"
                star += right.columns
            else:
                on = f"{r.choice(left_keys)} = {r.choice(right_keys)}"
                if self.chance(0.25):
                    on += f" AND {self.condition([right])}" if right.alias[0] != "=" else ""
                elif self.chance(0.12):
                    on = f"{r.choice(left_keys)} {r.choice(['<', '<=', '>'])} {r.choice(right_keys)}"
                sql += f" {kind} {right_sql} ON {on}"
                star += right.columns
            rels.append(right)
        if merged:
            # A merged name is ambiguous to no one, but its kind must not be asked of one side.
            rels = [Rel(x.alias, [(n, k) for n, k in x.columns if n.lower() not in merged]) for x in rels]
        lists = [(x, n, k) for x in rels for n, k in x.columns if k in ("ints", "texts")]
        if lists and self.chance(0.25):
            x, n, k = r.choice(lists)
            alias, element = self.name("u"), self.name("e")
            kind = "int" if k == "ints" else "text"
            form = r.choice([", unnest({l}) AS {a}({e})", " CROSS JOIN unnest({l}) AS {a}({e})",
                             " CROSS JOIN LATERAL (SELECT unnest({l}) AS {e}) AS {a}", ", LATERAL unnest({l}) AS {a}({e})"])
            sql += form.format(l=f"{x.alias}.{quoted(n)}", a=alias, e=element)
            rels = rels + [Rel(alias, [(element, kind)])]
            star = star + [(element, kind)]
        elif self.chance(0.08):
            key = self.column([rels[0]], "int")
            if key:
                key = key if "." in key else f"{rels[0].alias}.{key}"
                table = r.choice(self.tables)
                alias, inner = self.name("l"), self.name("q")
                value, k2 = r.choice([(c.name, c.kind) for c in table.columns])
                form = r.choice([", LATERAL ({q}) AS {a}", " LEFT JOIN LATERAL ({q}) AS {a} ON true", " CROSS JOIN LATERAL ({q}) AS {a}"])
                body = (f"SELECT {inner}.{quoted(value)} AS lat_ FROM {quoted(table.name)} AS {inner} "
                        f"WHERE {inner}.{quoted(table.columns[1].name)} = {key}")
                sql += form.format(q=body, a=alias)
                rels = rels + [Rel(alias, [("lat_", k2)])]
                star = star + [("lat_", k2)]
        return sql, rels, star

    # Queries

    def aggregate(self, rels):
        """An aggregate and the kind of what it gives."""
        r = self.r
        num = self.expr(rels, "int", 1)
        text = self.expr(rels, "text", 1)
        kind, sql = r.choice([
            ("int", "count(*)"), ("int", f"count({text})"), ("int", f"count(DISTINCT {num})"), ("int", f"sum({num})::BIGINT"),
            ("huge", f"sum({num})"), ("float", f"avg({num})"), ("float", f"sum({self.expr(rels, 'float', 0)})"),
            ("decimal38", f"sum({self.expr(rels, 'decimal', 1)})"), ("int", f"max({num})"), ("text", f"min({text})"),
            ("date", f"max({self.expr(rels, 'date', 1)})"), ("texts", f"list({text} ORDER BY {text})"),
            ("text", f"string_agg({text}, ',' ORDER BY {text})"), ("bool", f"bool_or({self.condition(rels)})"),
            ("huge", f"count_if({self.condition(rels)})"), ("huge", f"sum(CASE WHEN {self.condition(rels)} THEN {num} ELSE 0 END)"),
            ("float", f"median({num})"), ("ints", f"list(DISTINCT {num} ORDER BY {num})"), ("float", f"stddev({num})"),
            ("other", f"quantile_cont({num}, 0.5)"), ("float", f"avg({self.expr(rels, 'decimal', 0)})"),
            ("timestamp", f"min({self.expr(rels, 'timestamp', 1)})"), ("other", f"approx_count_distinct({num})"),
            ("other", f"max({self.column(rels, 'float') or '1.5::DOUBLE'}) - min({self.column(rels, 'int') or '1'})"),
            ("other", f"histogram({num})"), ("other", f"bit_or({self.column(rels, 'int') or '1'})"),
        ])
        if self.chance(0.15) and "(" in sql and not sql.endswith("::BIGINT") and " - " not in sql:
            sql += f" FILTER (WHERE {self.condition(rels)})"
        return sql, kind

    def window(self, rels):
        r = self.r
        part = self.column(rels, "int", "text")
        every = [f"{rel.alias}.{quoted(n)}" for rel in rels for n, k in rel.columns if k not in ("map", "json", "struct")]
        if not part or not every:
            return None
        order = ", ".join(r.sample(every, len(every)))
        num, text = self.expr(rels, "int", 1), self.expr(rels, "text", 0)
        over = f"PARTITION BY {part}" if self.chance(0.7) else ""
        ordered = f"{over} ORDER BY {order}"
        key = f"{over} ORDER BY {self.r.choice(every)}{r.choice(['', ' DESC', ' NULLS FIRST'])}"
        return r.choice([
            (f"sum({num}) OVER ({over})", "huge"), (f"count(*) OVER ({key})", "int"), (f"rank() OVER ({key})", "int"),
            (f"dense_rank() OVER ({key})", "int"), (f"row_number() OVER ({ordered})", "int"),
            (f"lag({num}) OVER ({ordered})", "int"), (f"lead({text}, 1, 'none') OVER ({ordered})", "text"),
            (f"first_value({text}) OVER ({ordered})", "text"), (f"max({num}) OVER ({key})", "int"),
            (f"avg({num}) OVER ({key})", "float"), (f"percent_rank() OVER ({key})", "float"),
            (f"sum({num}) OVER ({ordered} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", "huge"),
            (f"ntile(3) OVER ({ordered})", "int"), (f"min({self.expr(rels, 'date', 1)}) OVER ({over})", "date"),
            (f"last_value({num}) OVER ({ordered} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)", "int"),
            (f"nth_value({text}, 2) OVER ({ordered})", "text"), (f"cume_dist() OVER ({key})", "float"),
            (f"count(*) FILTER (WHERE {self.condition(rels)}) OVER ({over})", "int"),
            (f"sum({num}) OVER (w_ ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)", "huge:" + ordered),
            (f"rank() OVER w_", "int:" + ordered),
        ])

    def star(self, rels, star, out):
        """A star with what may follow it. Returns SQL; `out` gets its columns."""
        r = self.r
        lower = [n.lower() for n, _ in star]
        clean = len(set(lower)) == len(lower)
        roll = r.random()
        if len(rels) > 1 and (roll < 0.35 or not self.STAR_WORDS and roll < 0.5):
            rel = r.choice(rels)
            out += rel.columns
            return f"{rel.alias}.*"
        clean = clean and self.STAR_WORDS
        if clean and len(star) > 2 and roll < 0.6:
            gone = r.sample(star, r.choice([1, 1, 2]))
            out += [c for c in star if c not in gone]
            names = ", ".join(quoted(n) for n, _ in gone)
            return f"* EXCLUDE {names}" if len(gone) == 1 and self.chance(0.3) else f"* EXCLUDE ({names})"
        if clean and roll < 0.75:
            plain = [c for c in star if c[1] in ("int", "text")]
            if plain and not any(n.lower() not in {x.lower() for rel in rels for x, _ in rel.columns} for n, _ in plain):
                name, kind = r.choice(plain)
                out += star
                return f"* REPLACE ({self.expr(rels, kind, 1)} AS {quoted(name)})"
        if clean and roll < 0.85:
            name, kind = r.choice(star)
            new = self.name("rn")
            out += [(new, kind) if n == name else (n, k) for n, k in star]
            return f"* RENAME ({quoted(name)} AS {new})"
        out += star
        return "*"

    def select(self, depth, ctes):
        r = self.r
        sql, rels, star = self.source(depth, ctes)
        items, out, window = [], [], ""
        grouped = self.chance(0.35)
        tail = ""
        if grouped:
            keys = []
            for _ in range(r.choice([0, 1, 1, 2])):
                kind = r.choice(["int", "text", "date", "bool"])
                key = self.column(rels, kind) if self.chance(0.7) else self.expr(rels, kind, 1)
                if key is None or "SELECT" in key:
                    continue
                alias = self.name("g")
                keys.append((key, alias, kind))
                items.append(f"{key} AS {alias}")
                out.append((alias, kind))
            for _ in range(r.choice([1, 1, 2, 3])):
                value, kind = self.aggregate(rels)
                alias = self.name("a")
                items.append(f"{value} AS {alias}")
                out.append((alias, kind))
            form = r.random()
            if keys:
                if self.GROUP_BY_ALL and form < 0.3:
                    tail = " GROUP BY ALL"
                elif form < 0.5:
                    tail = " GROUP BY " + ", ".join(str(i + 1) for i in range(len(keys)))
                elif form < 0.62:
                    tail = " GROUP BY " + ", ".join(alias for _, alias, _ in keys)
                elif form < 0.72:
                    word = r.choice(["ROLLUP", "CUBE"])
                    tail = f" GROUP BY {word} (" + ", ".join(key for key, _, _ in keys) + ")"
                elif form < 0.78:
                    sets = [f"({key})" for key, _, _ in keys] + ["(" + ", ".join(key for key, _, _ in keys) + ")", "()"]
                    tail = f" GROUP BY GROUPING SETS ({', '.join(r.sample(sets, r.randint(1, len(sets))))})"
                else:
                    tail = " GROUP BY " + ", ".join(key for key, _, _ in keys)
                if "(" in tail and all(key.isidentifier() or "." in key and "(" not in key for key, _, _ in keys) and self.chance(0.4):
                    items.append(f"grouping({keys[0][0]}) AS {self.name('a')}")
                    out.append((items[-1].split(" AS ")[-1], "int"))
            if self.chance(0.25):
                tail += f" HAVING {r.choice(['count(*) > 1', f'max({self.column(rels, chr(105) + chr(110) + chr(116)) or 1}) > 2'])}"
        else:
            if self.chance(0.3):
                items.append(self.star(rels, star, out))
            for _ in range(r.randint(0 if items else 1, 4)):
                roll = r.random()
                kind = r.choice(self.KINDS)
                if roll < 0.3:
                    rel = r.choice(rels)
                    if rel.columns:
                        name, kind = r.choice(rel.columns)
                        items.append(f"{rel.alias}.{quoted(name)}")
                        out.append((name, kind))
                        continue
                if roll < 0.42:
                    made = self.window(rels)
                    if made and ":" in made[1]:
                        of, ordered = made[1].split(":", 1)
                        made = (made[0], of) if not window else None
                        window = window or f" WINDOW w_ AS ({ordered})"
                    if made:
                        alias = self.name("w")
                        items.append(f"{made[0]} AS {alias}")
                        out.append((alias, made[1]))
                        continue
                alias = self.name("x")
                earlier = [n for n, k in out if k == "int" and n[0] == "x"]
                if self.EARLIER_NAMES and kind == "int" and earlier and self.chance(0.3):
                    items.append(f"{r.choice(earlier)} + 1 AS {alias}")
                else:
                    items.append(f"{self.expr(rels, kind, 2)} AS {alias}")
                out.append((alias, kind))
        where = []
        if self.chance(0.4):
            where.append(self.condition(rels, 2))
        if self.chance(0.15):
            where.append(self.subquery_condition(rels))
        qualify = ""
        if self.QUALIFIES and not grouped and self.chance(0.08):
            made = self.window(rels)
            if made and made[1] in ("int", "huge") and not window:
                qualify = f" QUALIFY {made[0]} <= {r.randint(2, 6)}"
        distinct = "DISTINCT " if self.chance(0.08) else ""
        lists = [(rel, n, k) for rel in rels for n, k in rel.columns if k in ("ints", "texts", "struct")]
        if lists and not grouped and not distinct and self.chance(0.06):
            # Rows of elements, and columns of a struct's members.
            rel, n, k = r.choice(lists)
            if k == "struct":
                items.append(r.choice(["{c}.*", "unnest({c})"]).format(c=f"{rel.alias}.{quoted(n)}"))
                out += [("a", "int"), ("b", "text")]
            else:
                alias = self.name("x")
                items.append(f"unnest({rel.alias}.{quoted(n)}) AS {alias}")
                out.append((alias, "int" if k == "ints" else "text"))
        if not grouped and not distinct and not window and self.chance(0.04):
            keys = self.columns(rels, ("int", "text", "date"))
            every = [f"{rel.alias}.{quoted(n)}" for rel in rels for n, k in rel.columns if k not in ("map", "json", "struct")]
            if keys and every:
                key = r.choice(keys)
                distinct = f"DISTINCT ON ({key}) "
                window = f" ORDER BY {', '.join([key, *every])}"
        text = f"SELECT {distinct}{', '.join(items)} FROM {sql}"
        if self.FROM_FIRST and self.chance(0.03) and not distinct:
            text = f"FROM {sql} SELECT {', '.join(items)}"
        if where:
            text += " WHERE " + " AND ".join(where)
        if "ORDER BY" in window and "WINDOW" not in window:
            # ORDER BY decides which row stays: it must not meet another one.
            return f"SELECT * FROM ({text}{tail}{window}) AS {self.name('s')}", out
        return text + tail + window + qualify, out

    def every(self, columns):
        """An order by all columns."""
        return "ALL"

    def query(self, depth, ctes=()):
        """A query's SQL and its columns."""
        r = self.r
        ctes = list(ctes)
        head = ""
        if depth > 0 and self.chance(0.3):
            parts = []
            for _ in range(r.choice([1, 1, 2, 3])):
                name = self.name("cte")
                body, columns = self.query(depth - 1, ctes)
                if self.chance(0.2):
                    names = [self.name("n") for _ in columns]
                    parts.append(f"{name}({', '.join(names)}) AS ({body})")
                    columns = [(n, k) for n, (_, k) in zip(names, columns)]
                else:
                    parts.append(f"{name} AS {r.choice(['', '', 'MATERIALIZED '])}({body})")
                ctes.append((name, columns))
            head = "WITH " + ", ".join(parts) + " "
        elif depth > 0 and self.chance(0.05):
            name, table = self.name("rec"), r.choice(self.tables)
            key = quoted(table.columns[1].name)
            head = (f"WITH RECURSIVE {name} AS (SELECT id, {key} AS up, 0 AS step FROM {quoted(table.name)} WHERE id < 4 "
                    f"{r.choice(['UNION ALL', 'UNION'])} SELECT t.id, t.{key}, {name}.step + 1 FROM {name} JOIN "
                    f"{quoted(table.name)} AS t ON t.id = {name}.up + 1 WHERE {name}.step < 3) ")
            ctes.append((name, [("id", "int"), ("up", "int"), ("step", "int")]))
        body, columns = self.select(depth, ctes)
        if self.chance(0.1):
            plain = [(n, k) for n, k in columns if k in ("int", "text", "date")]
            if plain:
                a, b = self.name("z"), self.name("z")
                op = r.choice(self.SET_OPERATORS)
                other = Generator.base(self)
                picks = [self.column([other[1]], k) or self.literal(k) for _, k in plain]
                names = ", ".join(f"{a}.{quoted(n)}" for n, _ in plain)
                if len({n.lower() for n, _ in columns}) == len(columns):
                    order = list(zip(picks, plain))
                    if "BY NAME" in op:
                        r.shuffle(order)
                    right = ", ".join(f"{p} AS {quoted(n)}" for p, (n, _) in order)
                    body = f"SELECT {names} FROM ({body}) AS {a} {op} SELECT {right} FROM {other[0]}"
                    if "BY NAME" not in op and self.chance(0.3):
                        # A third side, in brackets or bound by precedence.
                        third = Generator.base(self)
                        values = ", ".join(self.column([third[1]], k) or self.literal(k) for _, k in plain)
                        more = r.choice(["UNION ALL", "INTERSECT", "EXCEPT", "UNION"])
                        body += r.choice([f" {more} SELECT {values} FROM {third[0]}", f" {more} (SELECT {values} FROM {third[0]})"])
                    columns = plain
        if self.chance(0.12) and not any(k in ("map", "json") for _, k in columns):
            body += f" ORDER BY {self.every(columns)}" + (f" LIMIT {r.randint(3, 9)}" if self.chance(0.5) else "")
        elif self.chance(0.08):
            body += " ORDER BY 1"
        return head + body, columns
