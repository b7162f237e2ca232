"""The lineage oracle's queries in PostgreSQL's words."""

from generate import Generator, Rel
from world import quoted


class PostgresGenerator(Generator):
    KINDS = ["int", "int", "float", "decimal", "decimal", "text", "text", "bool", "date", "timestamp", "instant", "interval", "uuid",
             "bytes", "ints", "texts", "json"]
    EARLIER_NAMES = GROUP_BY_ALL = SEMI_JOINS = FROM_FIRST = QUALIFIES = STAR_WORDS = False
    SET_OPERATORS = ["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"]
    MATCHES = "{0} ~ '{1}'"

    def relation(self, depth, ctes):
        if self.chance(0.2):
            return self.special()
        return super().relation(depth, ctes)

    def special(self):
        """What may stand in PostgreSQL's FROM beside tables and queries."""
        r = self.r
        alias, x, y = self.name("f"), self.name("n"), self.name("n")
        table = r.choice(self.tables)
        columns = [(c.name, c.kind) for c in table.columns]
        kind = r.randrange(7)
        if kind == 0:
            return f"ROWS FROM (generate_series(1, 3), generate_series(4, 5)) AS {alias}({x}, {y})", Rel(alias, [(x, "int"), (y, "int")])
        if kind == 1:
            return f"unnest(ARRAY[1, 2], ARRAY['red', 'elm']) AS {alias}({x}, {y})", Rel(alias, [(x, "int"), (y, "text")])
        if kind == 2:
            rows = '[{"a": 1, "b": "red"}, {"a": 2}]'
            return f"jsonb_to_recordset('{rows}') AS {alias}(a integer, b text)", Rel(alias, [("a", "int"), ("b", "text")])
        if kind == 3:
            # The first columns under other names, the others under their own.
            return f"{quoted(table.name)} AS {alias}({x}, {y})", Rel(alias, [(x, columns[0][1]), (y, columns[1][1]), *columns[2:]])
        if kind == 4:
            return f"ONLY {quoted(table.name)} AS {alias}", Rel(alias, columns)
        if kind == 5:
            return f"generate_series(1, 3) WITH ORDINALITY AS {alias}({x}, {y})", Rel(alias, [(x, "int"), (y, "int")])
        # A join under a name of its own.
        one, two = self.name("t"), self.name("t")
        if self.chance(0.5):
            side = f"(SELECT id, {quoted(columns[1][0])} AS {x} FROM {quoted(table.name)}) AS {two}"
            return f"({quoted(table.name)} AS {one} {r.choice(['LEFT', 'FULL'])} JOIN {side} USING (id)) AS {alias}", Rel(alias, [*columns, (x, "int")])
        return f"({quoted(table.name)} AS {one} CROSS JOIN (SELECT 1 AS {x}) AS {two}) AS {alias}", Rel(alias, [*columns, (x, "int")])

    def whole_row(self, rels):
        """Something made of all columns of a relation; pg_depend does not say which those are."""
        rel = self.r.choice(rels)
        form = self.r.choice(["row_to_json({t})::text", "to_jsonb({t})::text", "count({t})", "({t} IS NULL)", "({t}.*)::text", "md5({t}::text)"])
        return "/* whole row */ " + form.format(t=rel.alias), form.startswith("count")

    def text(self):
        if self.chance(0.04):
            sql, rels, _ = self.source(0, [])
            made, aggregate = self.whole_row(rels)
            key = self.column(rels, "int", "text")
            beside = f"{key} AS key_, " if key else ""
            return f"SELECT {beside}{made} AS whole_ FROM {sql}" + (" GROUP BY 1" if aggregate and key else "")
        return self.unnamed() if self.chance(0.2) else super().text()

    def literal(self, kind):
        r = self.r
        made = {"float": f"{r.randint(0, 40) / 4}::double precision", "ints": "ARRAY[1, 2]", "texts": "ARRAY['red', 'blue']",
                "json": "'{\"a\": 1}'::jsonb", "instant": "TIMESTAMPTZ '2024-03-15 12:00:00+00'", "interval": "INTERVAL '2 days'",
                "uuid": "'00000000-0000-4000-8000-000000000001'::uuid", "bytes": "'\\x01'::bytea"}
        return made[kind] if kind in made else super().literal(kind)

    def common(self, rels, kind, depth, e):
        return super().common(rels, kind, depth, e)[:4]

    def own(self, rels, kind, depth, e, c):
        r = self.r
        whole = lambda: f"{c('int')}::integer"
        return {
            "int": [lambda: f"{e('int')} {r.choice('+-*')} {e('int')}", lambda: f"{c('int')} + {r.randint(1, 300)}", lambda: f"length({e('text')})",
                    lambda: f"CAST({c('decimal')} AS integer)", lambda: f"abs({e('int')})", lambda: f"-{c('int')}", lambda: f"{c('date')} - {c('date')}",
                    lambda: f"cardinality({c('ints')})", lambda: f"({c('ints')})[1]", lambda: f"position('e' in {e('text')})", lambda: f"strpos({e('text')}, 'e')",
                    lambda: f"ascii({c('text')})", lambda: f"{e('int')} % 3", lambda: f"greatest({e('int')}, {e('int')})", lambda: f"{c('int')} & 3",
                    lambda: f"{c('int')}::smallint", lambda: f"({c('json')} ->> 'a')::integer", lambda: f"array_position({c('ints')}, {whole()})",
                    lambda: f"array_length({c('ints')}, 1)", lambda: f"mod({e('int')}, 3)", lambda: f"{whole()} << 1", lambda: f"octet_length({c('text')})",
                    lambda: f"extract(year FROM {c('date')})::integer", lambda: f"char_length({c('text')})", lambda: f"jsonb_array_length({c('json')} -> 'b')",
                    lambda: f"CASE {c('int')} WHEN 1 THEN {e('int')} WHEN 2 THEN {c('int')} ELSE {e('int')} END", lambda: f"width_bucket({c('decimal')}, 0, 10, 5)",
                    lambda: f"{e('int')} / {r.randint(1, 4)}", lambda: f"num_nulls({c('text')}, {c('int')})", lambda: f"least({c('int')}, 3)"],
            "float": [lambda: f"{e('float')} {r.choice('+-*')} {e('float')}", lambda: f"sqrt(abs({e('int')}))", lambda: f"{e('float')} + {e('int')}",
                      lambda: f"CAST({e('decimal')} AS double precision)", lambda: f"floor({e('float')})", lambda: f"ceil({c('float')})",
                      lambda: f"{c('decimal')} * {c('float')}", lambda: f"power({c('int')}, 2)", lambda: f"date_part('day', {c('timestamp')})",
                      lambda: f"extract(epoch FROM {c('timestamp')})::double precision", lambda: f"{c('float')} / 2", lambda: f"abs({c('float')})",
                      lambda: f"date_part('epoch', {c('interval')})", lambda: f"round({e('float')})", lambda: f"-{c('float')}", lambda: f"degrees({c('float')})"],
            "decimal": [lambda: f"{c('decimal')} + {c('decimal')}", lambda: f"{c('decimal')} * {r.randint(2, 5)}", lambda: f"round({c('decimal')}, 1)",
                        lambda: f"CAST({e('int')} AS numeric(12,3))", lambda: f"{c('decimal')} - {c('int')}", lambda: f"{c('int')} * 1.5",
                        lambda: f"floor({c('decimal')})", lambda: f"abs({c('decimal')})", lambda: f"-{c('decimal')}", lambda: f"{c('decimal')} % 2",
                        lambda: f"greatest({c('decimal')}, {c('decimal')})", lambda: f"{c('int')} / 2.0", lambda: f"extract(month FROM {c('date')})",
                        lambda: f"trunc({c('decimal')}, 1)", lambda: f"div({c('decimal')}, 2)", lambda: f"ceil({c('decimal')})", lambda: f"sign({c('decimal')})",
                        lambda: f"power({c('decimal')}, 2)", lambda: f"extract(epoch FROM {c('instant')})", lambda: f"{c('decimal')}::numeric(14,4)"],
            "text": [lambda: f"upper({e('text')})", lambda: f"{e('text')} || {e('text')}", lambda: f"substr({e('text')}, 2, 3)",
                     lambda: f"substring({e('text')} FROM 2 FOR 3)", lambda: f"CAST({e('int')} AS varchar)", lambda: f"{e('int')}::text",
                     lambda: f"concat({e('text')}, '-', {e('int')})", lambda: f"replace({e('text')}, 'e', {e('text')})", lambda: f"to_char({c('date')}, 'YYYY-MM')",
                     lambda: f"({c('texts')})[1]", lambda: f"{c('json')} ->> 'a'", lambda: f"{c('json')} #>> '{{b,0}}'", lambda: f"concat_ws('/', {c('text')}, {c('text')})",
                     lambda: f"array_to_string({c('texts')}, ',')", lambda: f"split_part({c('text')}, ' ', 1)", lambda: f"left({e('text')}, 2)",
                     lambda: f"lpad({e('text')}, 8, '.')", lambda: f"regexp_replace({c('text')}, '[aeiou]', '_')", lambda: f"trim({e('text')})",
                     lambda: f"trim(both 'a' FROM {c('text')})", lambda: f"md5({c('text')})", lambda: f"initcap({c('text')})", lambda: f"{c('date')}::text",
                     lambda: f"format('%s:%s', {c('text')}, {c('int')})", lambda: f"reverse({e('text')})", lambda: f"{c('text')} || {c('int')}",
                     lambda: f"translate({c('text')}, 'ae', 'xy')", lambda: f"repeat({c('text')}, 2)", lambda: f"{c('text')}::varchar(12)", lambda: f"{c('text')} COLLATE \"C\"", lambda: f"coalesce({c('text')}, {c('int')}::text, 'none')",
                     lambda: f"(SELECT string_agg(e_, '+') FROM unnest({c('texts')}) AS u_(e_))", lambda: f"(regexp_match({c('text')}, '([a-e])'))[1]",
                     lambda: f"concat(VARIADIC {c('texts')})", lambda: f"to_char({c('decimal')}, 'FM990.00')", lambda: f"quote_literal({c('text')})",
                     lambda: f"right({c('text')}, -1)", lambda: f"chr(65 + {whole()} % 20)", lambda: f"CAST({c('int')} AS text) || '%'",
                     lambda: f"overlay({c('text')} PLACING 'zz' FROM 2)", lambda: f"encode({c('bytes')}, 'hex')", lambda: f"{c('uuid')}::text",
                     lambda: f"substring({c('text')} FROM '[a-e]+')", lambda: f"CAST({c('text')} AS char(4))", lambda: f"jsonb_typeof({c('json')})"],
            "bool": [lambda: self.condition(rels, depth), lambda: f"NOT {e('bool')}", lambda: f"{c('int')} IS NULL", lambda: f"starts_with({c('text')}, 'a')",
                     lambda: f"{whole()} = ANY({c('ints')})", lambda: f"{c('json')} ? 'a'", lambda: f"{c('ints')} @> ARRAY[1]", lambda: f"{c('texts')} && ARRAY['red']",
                     lambda: f"{c('text')} ~* '^a'", lambda: f"{c('text')} = ALL(ARRAY['red', 'elm'])", lambda: f"({c('int')}, {c('int')}) = ({c('int')}, 2)",
                     lambda: f"{c('int')} OPERATOR(pg_catalog.>) 2", lambda: f"{c('text')} LIKE ANY(ARRAY['a%', 'b%'])", lambda: f"{c('text')} COLLATE \"C\" < 'm'",
                     lambda: f"{c('int')} IN (SELECT generate_series(1, {r.randint(2, 9)}))", lambda: f"ROW({c('int')}, {c('text')}) < ROW(3, 'm')",
                     lambda: f"{c('date')} NOT BETWEEN DATE '2024-02-01' AND {self.literal('date')}", lambda: f"({c('bool')} IS UNKNOWN)", lambda: f"{c('int')} BETWEEN SYMMETRIC 5 AND 2", lambda: f"{c('text')} SIMILAR TO '%(a|b)%'",
                     lambda: f"{c('json')} @> '{{\"a\": 1}}'", lambda: f"({c('date')}, {c('date')}) OVERLAPS (DATE '2024-01-01', DATE '2024-03-01')"],
            "date": [lambda: f"{c('date')} + {r.randint(1, 9)}", lambda: f"CAST({c('timestamp')} AS date)", lambda: f"make_date(2024, 1 + {whole()} % 12, 1)",
                     lambda: f"{c('timestamp')}::date", lambda: f"{c('date')} - {whole()}", lambda: f"date_trunc('month', {c('timestamp')})::date",
                     lambda: f"least({c('date')}, {c('date')})", lambda: f"to_date({c('date')}::text, 'YYYY-MM-DD')"],
            "timestamp": [lambda: f"{c('date')} + INTERVAL '2 days'", lambda: f"date_trunc('month', {c('timestamp')})", lambda: f"{c('date')}::timestamp",
                          lambda: f"{c('timestamp')} - INTERVAL '{r.randint(1, 5)} hours'", lambda: f"{c('instant')} AT TIME ZONE 'UTC'",
                          lambda: f"{c('timestamp')} + {c('interval')}", lambda: f"CAST({c('timestamp')} AS timestamp(3))"],
            "instant": [lambda: f"{c('timestamp')} AT TIME ZONE 'UTC'", lambda: f"date_trunc('week', {c('instant')})", lambda: f"{c('instant')} + {c('interval')}",
                        lambda: f"to_timestamp({c('int')})", lambda: f"date_trunc('day', {c('date')})"],
            "interval": [lambda: f"{c('timestamp')} - {c('timestamp')}", lambda: f"{c('interval')} * 2", lambda: f"age({c('timestamp')}, {c('timestamp')})",
                         lambda: f"make_interval(days => {whole()})", lambda: f"justify_hours({c('interval')})", lambda: f"{c('int')} * INTERVAL '1 day'"],
            "uuid": [lambda: f"md5({c('text')})::uuid"],
            "bytes": [lambda: f"{c('bytes')} || {c('bytes')}", lambda: f"decode(md5({c('text')}), 'hex')", lambda: f"sha256({c('bytes')})"],
            "ints": [lambda: f"ARRAY[{e('int')}, {e('int')}]", lambda: f"{c('ints')} || {whole()}", lambda: f"array_append({c('ints')}, {whole()})",
                     lambda: f"({c('ints')})[1:2]", lambda: f"array_remove({c('ints')}, 1)", lambda: f"{c('ints')} || {c('ints')}",
                     lambda: f"array_prepend({whole()}, {c('ints')})", lambda: self.listed(rels)],
            "texts": [lambda: f"ARRAY[{e('text')}, {e('text')}]", lambda: f"string_to_array({c('text')}, ' ')", lambda: f"{c('texts')} || {c('texts')}",
                      lambda: f"array_replace({c('texts')}, 'red', 'grey')", lambda: f"regexp_split_to_array({c('text')}, '[aeiou]')"],
            "json": [lambda: f"to_jsonb({c('ints')})", lambda: f"jsonb_build_object('a', {c('int')}, 'b', {c('text')})", lambda: f"{c('json')} -> 'b'",
                     lambda: f"{c('json')} || '{{\"z\": 1}}'::jsonb", lambda: f"{c('json')} - 'a'", lambda: f"jsonb_set({c('json')}, '{{a}}', '1')",
                     lambda: f"{c('json')} #> '{{b}}'", lambda: f"jsonb_build_array({c('text')}, {c('int')})"],
        }[kind]

    def listed(self, rels):
        """An array of a subquery's rows."""
        table, alias = self.r.choice(self.tables), self.name("q")
        return f"ARRAY(SELECT {alias}.id FROM {quoted(table.name)} AS {alias} WHERE {alias}.id <= {self.column(rels, 'int') or 3} ORDER BY 1)"

    def series(self, length):
        return f"generate_series(1, {length})"

    def pivot(self):
        return None

    def aggregate(self, rels):
        r = self.r
        num, text = self.expr(rels, "int", 1), self.expr(rels, "text", 1)
        kind, sql = r.choice([
            ("int", "count(*)"), ("int", f"count({text})"), ("int", f"count(DISTINCT {num})"), ("int", f"sum({num})::bigint"),
            ("other", f"sum({num})"), ("decimal", f"avg({num})"), ("float", f"sum({self.expr(rels, 'float', 0)})"), ("int", f"max({num})"),
            ("decimal", f"sum({self.expr(rels, 'decimal', 1)})"), ("text", f"min({text})"), ("date", f"max({self.expr(rels, 'date', 1)})"),
            ("texts", f"array_agg({text} ORDER BY {text})"), ("text", f"string_agg({text}, ',' ORDER BY {text})"),
            ("bool", f"bool_or({self.condition(rels)})"), ("bool", f"every({self.condition(rels)})"), ("float", f"avg({self.expr(rels, 'float', 0)})"),
            ("decimal", f"avg({self.expr(rels, 'decimal', 0)})"), ("float", f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {num})"),
            ("other", f"percentile_disc(0.5) WITHIN GROUP (ORDER BY {num})"), ("other", f"mode() WITHIN GROUP (ORDER BY {num})"),
            ("decimal", f"stddev({num})"), ("float", f"var_pop({self.expr(rels, 'float', 0)})"), ("other", f"bit_or({self.column(rels, 'int') or '1'})"),
            ("json", f"jsonb_agg({num} ORDER BY {num})"), ("ints", f"array_agg(DISTINCT {num} ORDER BY {num})"), ("interval", f"sum({self.expr(rels, 'interval', 0)})"),
            ("timestamp", f"min({self.expr(rels, 'timestamp', 1)})"), ("instant", f"max({self.expr(rels, 'instant', 0)})"),
            ("float", f"corr({self.expr(rels, 'float', 0)}, {self.expr(rels, 'float', 0)})"), ("int", f"regr_count({num}, {num})"),
            ("other", f"max({self.column(rels, 'float') or '1.5::double precision'}) - min({self.column(rels, 'int') or '1'})"),
        ])
        if self.chance(0.15) and not sql.endswith("::bigint") and " - " not in sql:
            sql += f" FILTER (WHERE {self.condition(rels)})"
        return sql, kind

    def every(self, columns):
        return ", ".join(str(i + 1) for i in range(len(columns)))

    def unnamed(self):
        """A query whose columns bear the names that the engine gives them."""
        sql, rels, _ = self.source(1, [])
        items = [self.expr(rels, self.r.choice(self.KINDS), 2) for _ in range(self.r.randint(1, 4))]
        if self.chance(0.2):
            items = [self.aggregate(rels)[0] for _ in items]
        elif self.chance(0.2):
            items += [made[0] for made in [self.window(rels)] if made and ":" not in made[1]]
        return f"SELECT {', '.join(items)} FROM {sql}"
