"""The migration steps, run: a table of the old shape with rows in it, every SQL statement in the order of its phases, and then the
table as the engine describes it, which must be the new shape (by our own diff: nothing but documentation may be left).
"""

import json
import shlex
import subprocess
from collections import Counter

from table_values import quoted

PHASES = ["expand", "migrate", "contract"]
# Tried as values; those are kept that both types take.
WORDS = ["1", "0", "12", "true", "a", "ok", "2020-01-02", "2020-01-02 03:04:05", "12:30:00", "1 day", "{}", "[1, 2]", "{1,2}", "101",
         "550e8400-e29b-41d4-a716-446655440000", "10.0.0.0/8", "[1, 2, 3]", "[2020-01-02]", "{2020-01-02}", "{'a': 1, 'b': x}", "{1=2}", "sad", "1101", "11011101", "empty"]
NAMES = ["amount", "order", "Cust No", "userId", "naïve"]


def cases(engine, r, count):
    """Pairs of tables that differ in one thing, or in two of one column."""
    types = [t.spelling for t in engine.types() if not t.named]
    for _ in range(count):
        what = r.choice(["type", "type", "type", "not_null", "nullable", "default", "removed", "renamed", "added", "key", "unique", "reference", "both"])
        name = r.choice(NAMES)
        a, b = r.choice(types), r.choice(types)
        old, new = {"name": name, "type": a, "nullable": True}, {"name": name, "type": a, "nullable": True}
        one, other = {"columns": [{"name": "id", "type": "bigint", "nullable": False}, old]}, {"columns": [{"name": "id", "type": "bigint", "nullable": False}, new]}
        if what in ("type", "both"):
            new["type"] = b
        if what in ("not_null", "both"):
            new["nullable"] = False
        if what == "nullable":
            old["nullable"] = False
        if what == "default":
            old["type"] = new["type"] = "integer"
            # As the engines spell them.
            values = r.sample([None, "1", "2"], 2)
            for side, value in ((old, values[0]), (new, values[1])):
                if value:
                    side["default"] = value
        if what == "removed":
            other["columns"].pop()
        if what == "renamed":
            new["name"] = name + "_2"
            new["nullable"] = old["nullable"] = r.random() < 0.5
        if what == "added":
            other["columns"].append({"name": "extra", "type": b, "nullable": False})
        if what in ("key", "unique"):
            old["type"] = new["type"] = r.choice(["bigint", "text"])
            old["nullable"] = new["nullable"] = False
            key, shape = ("primary_key", [name]) if what == "key" else ("unique", [[name]])
            sides = r.choice([(one,), (other,)])
            for side in sides:
                side[key] = shape
        if what == "reference":
            old["type"] = new["type"] = "bigint"
            r.choice([one, other])["foreign_keys"] = [{"columns": [name], "table": "parent", "references": ["id"]}]
        yield what, one, other


class Steps:
    def __init__(self, batch, engine):
        self.batch, self.engine, self.counts, self.misses = batch, engine, Counter(), []

    def ask(self, pairs):
        lines = [{"id": i, "format": "table", "dialect": self.engine.dialect, "mode": "full", "table": "orders", "old": a, "new": b} for i, (a, b) in enumerate(pairs)]
        feed = "".join(json.dumps(line) + "\n" for line in lines)
        out = subprocess.run(shlex.split(self.batch), input=feed, capture_output=True, text=True, check=True).stdout
        answers = [json.loads(line) for line in out.splitlines()]
        for answer in answers:
            if answer["error"]:
                raise SystemExit(f"{self.engine.name}: {answer['error']}")
        return [answer["changes"] for answer in answers]

    def run(self, r, count):
        made = list(cases(self.engine, r, count))
        left = []
        for (what, old, new), changes in zip(made, self.ask([(a, b) for _, a, b in made])):
            observed = self.one(what, old, new, changes)
            if observed:
                left.append((what, old, new, changes, observed))
        for (what, old, new, changes, observed), rest in zip(left, self.ask([(seen, new) for _, _, new, _, seen in left])):
            self.counts["shapes"] += 1
            rest = [c for c in rest if c["kind"] != "documentation" and not c["rule"].startswith("foreign-key")]
            if rest:
                self.miss("shape", what, old, new, f"left: {[(c['rule'], c['path'], c['before'], c['after']) for c in rest]}")

    def miss(self, kind, what, old, new, why):
        self.counts[kind] += 1
        self.misses.append({"what": f"steps_{kind}", "engine": self.engine.name, "case": what, "old": old, "new": new, "why": why})

    def one(self, what, old, new, changes):
        """Runs the steps; the table as it is described then, or None where a statement was refused or there is none."""
        engine = self.engine
        if not engine.create("orders", old, self.rows(old, new)):
            self.counts["not_created"] += 1
            return None
        self.counts["cases"] += 1
        whole = True
        for phase in PHASES:
            for change in changes:
                for step in change.get("steps", []):
                    if step["phase"] != phase or step["language"] != "sql":
                        continue
                    if "cannot alter this" in step["text"]:
                        self.counts["no_statement"] += 1
                        whole = False
                    value = self.value(change, new)
                    if "<value>" in step["text"] and value is None:
                        # None of our words is a value of the type: nobody could fill the column here.
                        self.counts["no_cast"] += 1
                        return None
                    for statement in statements(step["text"].replace("<value>", value or "")):
                        self.counts["statements"] += 1
                        failed = engine.failure(statement)
                        if failed and ("cannot cast" in failed or "cannot be cast" in failed or "Unimplemented type for cast" in failed or "Conversion Error" in failed):
                            self.counts["no_cast"] += 1
                            return None
                        if failed:
                            self.miss("refused", what, old, new, f"{statement} :: {failed}")
                            return None
        return engine.describe("orders") if whole else None

    def rows(self, old, new):
        """Two rows, the second with NULL where it may be; values that both shapes take."""
        columns = {c["name"].lower(): c["type"] for c in new["columns"]}
        picked = []
        for column in old["columns"]:
            to = columns.get(column["name"].lower(), column["type"])
            fits = next((w for w in WORDS if self.engine.takes(w, column["type"]) and self.engine.takes(w, to, via=column["type"])), None)
            picked.append(fits)
        return picked

    def value(self, change, new):
        type_ = next((c["type"] for c in new["columns"] if c["name"] == change.get("column")), "text")
        fits = next((w for w in WORDS if self.engine.takes(w, type_)), None)
        return f"CAST({quoted(fits)} AS {type_})" if fits is not None else None

    def summary(self):
        n, e = self.counts, self.engine
        return (f"steps: {e.name}: {n['cases']} changed tables, {n['statements']} statements run: {n['refused']} refused, {n['no_cast']} where the engine has no cast, "
                f"{n['no_statement']} that it has no statement for; {n['shapes']} tables described after: {n['shape']} not of the new shape")


def statements(text):
    """Without comments; a statement ends with its line."""
    lines = [line for line in text.split("\n") if not line.lstrip().startswith("--")]
    return [s.strip() for s in "\n".join(lines).split(";\n") if s.strip(" ;\n")]
