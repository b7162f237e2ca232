#!/usr/bin/env python3
"""Compares `tessera diff --batch` on Protobuf with buf, over generated pairs of schemas.

Usage: protobuf_buf.py --buf PATH [--binary PATH] [--count N] [--seed N] [--misses FILE]
A seeded generator writes two files (proto2, proto3 or edition 2023) and edits them a few times: fields, types, labels,
oneofs, maps, enums, ranges, options, services, packages. buf is asked once with all four levels on; what it finds at FILE,
PACKAGE, WIRE_JSON and WIRE must be the findings of ours as a multiset of (rule, file). Texts that one side refuses and the
other takes are counted apart. buf is the binary of the npm package `@bufbuild/buf`; it needs no network.
"""
import argparse
import copy
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]
SCALARS = ["int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool",
           "string", "bytes", "float", "double"]
FILE_OPTIONS = {
    "cc_enable_arenas": ["true", "false"], "cc_generic_services": ["true", "false"], "csharp_namespace": ['"A"', '"B"'],
    "go_package": ['"a"', '"b"'], "java_generic_services": ["true", "false"], "java_multiple_files": ["true", "false"],
    "java_outer_classname": ['"A"', '"B"'], "java_package": ['"a"', '"b"'], "java_string_check_utf8": ["true", "false"],
    "objc_class_prefix": ['"A"', '"B"'], "optimize_for": ["SPEED", "CODE_SIZE"], "php_class_prefix": ['"A"', '"B"'],
    "php_metadata_namespace": ['"A"', '"B"'], "php_namespace": ['"A"', '"B"'], "py_generic_services": ["true", "false"],
    "ruby_package": ['"A"', '"B"'], "swift_prefix": ['"A"', '"B"'],
}
DEFAULTS = {"string": ['"a"', '""', r'"\x61"'], "bytes": ['"a"', '"b"'], "bool": ["true", "false"],
            "float": ["1.5", "0", "inf", "nan", "0.1"], "double": ["1.5", "0", "-inf", "nan", "0.1"]}


class World:
    """A module of two files as plain data, so that an edit is a change of a value."""

    def __init__(self, rnd):
        self.r = rnd
        self.files = {}
        for name in ("a.proto", "b.proto"):
            syntax = rnd.choice(["proto2", "proto3", "proto3", "2023"])
            self.files[name] = {"syntax": syntax, "package": rnd.choice(["p", "p", "q", "p.q"]), "options": {}, "features": {},
                                "messages": [], "enums": [], "services": [], "extends": [], "imports": [], "prefix": name[0].upper()}
        for file in self.files.values():
            for i in range(rnd.randint(1, 3)):
                file["enums"].append(self.enum(file, f"{file['prefix']}E{i}"))
            for i in range(rnd.randint(1, 3)):
                file["messages"].append(self.message(file, f"{file['prefix']}M{i}"))
            if rnd.random() < 0.5:
                file["services"].append({"name": f"{file['prefix']}S", "rpcs": [self.rpc(file, f"R{i}") for i in range(2)]})
            if file["syntax"] != "proto3" and rnd.random() < 0.5:
                file["extends"].append({"of": 0, "field": self.field(file, "ext", rnd.randint(100, 102), labels=False)})
            if rnd.random() < 0.3:
                self.option(file)

    def enum(self, file, name):
        r = self.r
        values = [[f"{name}_{w}", i] for i, w in enumerate(["ZERO", "ONE", "TWO", "THREE"][: r.randint(2, 4)])]
        return {"name": name, "values": values, "reserved": [], "names": [], "features": {}, "alias": False}

    def field(self, file, name, number, labels=True):
        r = self.r
        syntax = file["syntax"]
        label = {"proto2": ["optional", "optional", "repeated", "required"], "proto3": ["", "", "optional", "repeated"],
                 "2023": ["", "", "repeated"]}[syntax]
        if not labels:
            label = ["optional"] if syntax == "proto2" else [""]
        kind = r.random()
        if kind < 0.65 or not labels:
            type_ = r.choice(SCALARS)
        elif kind < 0.8:
            type_ = ("enum", r.randint(0, 2))
        elif kind < 0.95:
            type_ = ("message", r.randint(0, 2))
        else:
            type_ = ("map", r.choice(["string", "int32", "int64", "bool"]), r.choice(SCALARS))
        return {"name": name, "number": number, "type": type_, "label": r.choice(label), "oneof": None, "options": {}}

    def message(self, file, name, depth=0):
        r = self.r
        fields = [self.field(file, f"f_{i}", i) for i in range(1, r.randint(3, 7))]
        for field in r.sample(fields, min(2, len(fields))) if r.random() < 0.4 else []:
            field["oneof"] = "one"
        out = {"name": name, "fields": fields, "reserved": [], "names": [], "ranges": [], "nested": [], "enums": [], "options": {}}
        if file["syntax"] != "proto3":
            out["ranges"] = [[100, 200]]
        if r.random() < 0.4:
            out["reserved"], out["names"] = [[20, 25], [30, 30]], ["old", "older"]
        if depth < 2 and r.random() < 0.4:
            out["nested"].append(self.message(file, "N", depth + 1))
        if r.random() < 0.3:
            out["enums"].append(self.enum(file, "NE" if depth == 0 else f"NE{depth}"))
        return out

    def rpc(self, file, name):
        r = self.r
        return {"name": name, "in": r.randint(0, 2), "out": r.randint(0, 2), "cs": r.random() < 0.3, "ss": r.random() < 0.3,
                "level": r.choice([None, None, "IDEMPOTENT"])}

    def option(self, file):
        name = self.r.choice(list(FILE_OPTIONS))
        file["options"][name] = self.r.choice(FILE_OPTIONS[name])

    # Edits.

    def everything(self, file):
        todo = list(file["messages"])
        while todo:
            message = todo.pop()
            yield message
            todo += message["nested"]

    def edit(self):
        r = self.r
        file = r.choice(list(self.files.values()))
        messages = list(self.everything(file))
        message = r.choice(messages) if messages else None
        field = r.choice(message["fields"]) if message and message["fields"] else None
        enums = file["enums"] + [e for m in messages for e in m["enums"]]
        enum = r.choice(enums) if enums else None
        editions = file["syntax"] == "2023"
        # Most edits are of fields.
        what = r.choice(["field"] * 8 + ["fields"] * 4 + ["enum"] * 4 + ["message", "service", "file", "kept", "extend", "move"])
        if what == "field" and field:
            part = r.choice(["name", "type", "type", "label", "oneof", "number", "json", "default", "option", "feature", "similar"])
            if part == "name":
                field["name"] = r.choice(["f_x", "renamed", "f_1"])
            elif part == "type":
                field["type"] = self.field(file, "", 0)["type"]
            elif part == "similar" and isinstance(field["type"], str):
                near = [["int32", "int64", "uint32", "uint64", "bool"], ["sint32", "sint64"], ["string", "bytes"],
                        ["fixed32", "sfixed32"], ["fixed64", "sfixed64"], ["float", "double"]]
                field["type"] = r.choice(next(group for group in near if field["type"] in group))
            elif part == "label":
                field["label"] = self.field(file, "", 0)["label"]
            elif part == "oneof":
                field["oneof"] = r.choice([None, "one", "other"])
            elif part == "number":
                field["number"] = r.randint(1, 12)
            elif part == "json":
                field["options"]["json_name"] = r.choice(['"j"', '"k"'])
            elif part == "default" and file["syntax"] != "proto3" and isinstance(field["type"], str):
                field["options"]["default"] = r.choice(DEFAULTS.get(field["type"], ["0", "1", "7"]))
            elif part == "option":
                name, values = r.choice([("jstype", ["JS_STRING", "JS_NUMBER", "JS_NORMAL"]),
                                         ("ctype", ["CORD", "STRING", "STRING_PIECE"])])
                field["options"][name] = r.choice(values)
            elif part == "feature" and editions:
                name, values = r.choice([("field_presence", ["IMPLICIT", "EXPLICIT", "LEGACY_REQUIRED"]), ("utf8_validation", ["NONE", "VERIFY"]),
                                         ("message_encoding", ["DELIMITED"])])
                field["options"]["features." + name] = r.choice(values)
        elif what == "fields" and message:
            if r.random() < 0.6 and field:
                message["fields"].remove(field)
                if r.random() < 0.5:
                    message["reserved"].append([field["number"], field["number"]])
                if r.random() < 0.5:
                    message["names"].append(field["name"])
            else:
                message["fields"].append(self.field(file, f"g_{r.randint(1, 3)}", r.randint(7, 12)))
        elif what == "enum" and enum:
            part = r.choice(["remove", "remove", "add", "rename", "alias", "feature", "drop", "first", "json"])
            if part == "remove" and len(enum["values"]) > 1:
                name, number = enum["values"].pop()
                if r.random() < 0.5:
                    enum["reserved"].append([number, number])
                if r.random() < 0.5:
                    enum["names"].append(name)
            elif part == "add":
                enum["values"].append([f"{enum['name']}_NEW", r.randint(4, 6)])
            elif part == "rename":
                r.choice(enum["values"])[0] += "X"
            elif part == "alias":
                name, number = r.choice(enum["values"])
                enum["values"].append([name + "_ALIAS", number])
                enum["alias"] = True
            elif part == "feature" and editions:
                enum["features"]["enum_type"] = r.choice(["OPEN", "CLOSED"])
            elif part == "json" and editions:
                enum["features"]["json_format"] = r.choice(["ALLOW", "LEGACY_BEST_EFFORT"])
            elif part == "drop" and enum in file["enums"]:
                file["enums"].remove(enum)
            elif part == "first" and file["syntax"] == "proto2":
                enum["values"].reverse()
        elif what == "message" and message:
            part = r.choice(["drop", "feature", "accessor", "rename", "nest", "json"])
            if part == "drop" and message in file["messages"]:
                file["messages"].remove(message)
            elif part == "rename":
                message["name"] += "X"
            elif part == "accessor":
                message["options"]["no_standard_descriptor_accessor"] = r.choice(["true", "false"])
            elif part == "json" and editions:
                message["options"]["features.json_format"] = r.choice(["LEGACY_BEST_EFFORT", "ALLOW"])
            elif part == "feature" and editions:
                message["options"]["features.utf8_validation"] = "NONE"
                message["options"].pop("features.utf8_validation")
            elif part == "nest":
                message["nested"].append(self.message(file, f"N{r.randint(1, 3)}", 2))
        elif what == "service":
            if file["services"] and r.random() < 0.8:
                service = r.choice(file["services"])
                part = r.choice(["drop", "rpc", "rpc", "rpc", "dropped"])
                if part == "drop":
                    file["services"].remove(service)
                elif part == "dropped" and service["rpcs"]:
                    service["rpcs"].pop()
                elif service["rpcs"]:
                    rpc = r.choice(service["rpcs"])
                    rpc.update({**self.rpc(file, ""), "name": rpc["name"]})
            else:
                file["services"].append({"name": file["prefix"] + "T", "rpcs": [self.rpc(file, "R0")]})
        elif what == "file":
            part = r.choice(["option", "option", "option", "syntax", "package", "feature"])
            if part == "option":
                self.option(file)
            elif part == "package":
                file["package"] = r.choice(["p", "q", "p.q"])
            elif part == "feature" and editions:
                name, values = r.choice([("field_presence", ["IMPLICIT", "EXPLICIT"]), ("enum_type", ["OPEN", "CLOSED"]),
                                         ("utf8_validation", ["NONE", "VERIFY"]), ("message_encoding", ["DELIMITED", "LENGTH_PREFIXED"]),
                                         ("json_format", ["ALLOW", "LEGACY_BEST_EFFORT"])])
                file["features"][name] = r.choice(values)
            elif part == "syntax":
                self.syntax(file, r.choice(["proto2", "proto3", "2023"]))
        elif what == "kept" and message:
            kept = r.choice([m for m in messages + enums])
            part = r.choice(["reserved", "names", "ranges", "split"])
            if part == "ranges" and kept.get("ranges"):
                kept["ranges"] = r.choice([[[100, 150]], [[100, 120], [130, 200]], [[100, 120], [121, 200]], [[90, 300]]])
            elif part == "split":
                kept["reserved"] = [[n, n] for a, b in kept["reserved"] for n in range(a, b + 1)]
            elif part in kept and kept[part]:
                kept[part].pop(r.randrange(len(kept[part])))
        elif what == "extend" and file["extends"]:
            extend = r.choice(file["extends"])
            part = r.choice(["drop", "type", "name", "number"])
            if part == "drop":
                file["extends"].remove(extend)
            elif part == "type":
                extend["field"]["type"] = r.choice(SCALARS)
            elif part == "name":
                extend["field"]["name"] = "ext_x"
            else:
                extend["field"]["number"] = r.randint(100, 103)
        elif what == "move" and len(self.files) == 2:
            part = r.choice(["message", "enum", "file"])
            other = next(f for f in self.files.values() if f is not file)
            key = part + "s"
            if part == "file":
                del self.files[r.choice(list(self.files))]
            elif file[key] and file["syntax"] == other["syntax"]:
                other[key].append(file[key].pop())

    def syntax(self, file, syntax):
        """Another syntax, with labels that it has."""
        was, file["syntax"] = file["syntax"], syntax
        for message in self.everything(file):
            for field in message["fields"]:
                if syntax == "proto2" and not field["label"]:
                    field["label"] = "optional"
                elif syntax != "proto2" and field["label"] in ("required", "optional"):
                    field["label"] = ""
                if syntax == "proto3":
                    field["options"].pop("default", None)
            if syntax == "proto3":
                message["ranges"] = []
        if syntax == "proto3":
            file["extends"] = []
        if was == "2023":
            file["features"] = {}
            for message in self.everything(file):
                message["options"] = {k: v for k, v in message["options"].items() if not k.startswith("features")}
                for holder in message["fields"]:
                    holder["options"] = {k: v for k, v in holder["options"].items() if not k.startswith("features")}
                for enum in message["enums"]:
                    enum["features"] = {}
            for enum in file["enums"]:
                enum["features"] = {}

    # Texts.

    def texts(self):
        return {name: self.text(name, file) for name, file in self.files.items()}

    def text(self, name, file):
        syntax = file["syntax"]
        # Editions write reserved names without quotes.
        self.bare = syntax == "2023"
        out = [f'edition = "{syntax}";' if syntax == "2023" else f'syntax = "{syntax}";', f"package {file['package']};"]
        other = next((n for n in self.files if n != name), None)
        uses = self.uses_other(name, file)
        if other and uses:
            out.append(f'import "{other}";')
        out += [f"option {k} = {v};" for k, v in file["options"].items() if syntax != "2023" or k != "java_string_check_utf8"]
        out += [f"option features.{k} = {v};" for k, v in file["features"].items()]
        for enum in file["enums"]:
            out += self.enum_text(enum, "")
        for message in file["messages"]:
            out += self.message_text(name, file, message, "")
        messages = file["messages"]
        for extend in file["extends"]:
            if messages:
                target = messages[extend["of"] % len(messages)]
                out += [f"extend {target['name']} {{", self.field_text(name, file, extend["field"], "  "), "}"]
        for service in file["services"]:
            rpcs = []
            for rpc in service["rpcs"] if messages else []:
                stream = lambda on, m: ("stream " if on else "") + m["name"]
                a, b = (messages[rpc[k] % len(messages)] for k in ("in", "out"))
                body = f"{{ option idempotency_level = {rpc['level']}; }}" if rpc["level"] else ";"
                rpcs.append(f"  rpc {rpc['name']}({stream(rpc['cs'], a)}) returns ({stream(rpc['ss'], b)}){body if body == ';' else ' ' + body}")
            out += [f"service {service['name']} {{", *rpcs, "}"]
        return "\n".join(out) + "\n"

    def uses_other(self, name, file):
        # Only b imports a, so that there is no circle.
        return name == "b.proto"

    def pool(self, name, file, key):
        names = [f".{file['package']}.{x['name']}" for x in file[key]]
        first = self.files.get("a.proto")
        # proto3 takes no closed enums.
        if name == "b.proto" and first and (key == "messages" or file["syntax"] != "proto3" or first["syntax"] == "proto3"):
            names += [f".{first['package']}.{x['name']}" for x in first[key]]
        return names

    def field_text(self, name, file, field, indent):
        type_, label = field["type"], field["label"]
        if isinstance(type_, tuple) or isinstance(type_, list):
            if type_[0] == "map":
                type_, label = f"map<{type_[1]}, {type_[2]}>", ""
            else:
                pool = self.pool(name, file, type_[0] + "s")
                type_ = pool[type_[1] % len(pool)] if pool else "int32"
        if field["oneof"] and not type_.startswith("map"):
            label = ""
        # What is left of an option after an edit of the type is not for every type.
        fits = {"jstype": "64" in type_ and type_[0] != "m", "ctype": type_ in ("string", "bytes"),
                "default": type_ in SCALARS and label != "repeated" and field["options"].get("default") in DEFAULTS.get(type_, ["0", "1", "7"]),
                "features.utf8_validation": type_ == "string", "features.message_encoding": type_[0] == ".",
                "features.field_presence": type_[0] not in ".m" and not field["oneof"] and label != "repeated"}
        options = ", ".join(f"{k} = {v}" for k, v in field["options"].items() if fits.get(k, True))
        return f"{indent}{label + ' ' if label else ''}{type_} {field['name']} = {field['number']}{f' [{options}]' if options else ''};"

    def enum_text(self, enum, indent):
        out = [f"{indent}enum {enum['name']} {{"]
        if enum["alias"]:
            out.append(f"{indent}  option allow_alias = true;")
        out += [f"{indent}  option features.{k} = {v};" for k, v in enum["features"].items()]
        out += [f"{indent}  {n} = {i};" for n, i in enum["values"]]
        return out + self.kept_text(enum, indent) + [indent + "}"]

    def kept_text(self, kept, indent):
        out = [f"{indent}  reserved {a if a == b else f'{a} to {b}'};" for a, b in kept["reserved"]]
        quote = "" if self.bare else '"'
        return out + [f"{indent}  reserved {quote}{n}{quote};" for n in kept["names"]]

    def message_text(self, name, file, message, indent):
        out = [f"{indent}message {message['name']} {{"]
        out += [f"{indent}  option {k} = {v};" for k, v in message["options"].items()]
        plain = [f for f in message["fields"] if not f["oneof"] or f["type"][0] == "map"]
        out += [self.field_text(name, file, f, indent + "  ") for f in plain]
        for oneof in ("one", "other"):
            inside = [f for f in message["fields"] if f["oneof"] == oneof and f["type"][0] != "map"]
            if inside:
                out += [f"{indent}  oneof {oneof} {{", *(self.field_text(name, file, f, indent + "    ") for f in inside), indent + "  }"]
        out += [f"{indent}  extensions {a} to {b};" for a, b in message["ranges"]]
        for nested in message["nested"]:
            out += self.message_text(name, file, nested, indent + "  ")
        for enum in message["enums"]:
            out += self.enum_text(enum, indent + "  ")
        return out + self.kept_text(message, indent) + [indent + "}"]


def ask_buf(buf, folder, old, new):
    for side, files in (("old", old), ("new", new)):
        for name, text in files.items():
            path = Path(folder, side, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    Path(folder, "new", "buf.yaml").write_text(json.dumps({"version": "v2", "breaking": {"use": LEVELS}}))
    out = subprocess.run([buf, "breaking", ".", "--against", "../old", "--error-format", "json"],
                         cwd=Path(folder, "new"), capture_output=True, text=True)
    if out.returncode not in (0, 100) or '"COMPILE"' in out.stdout:
        return (out.stdout + out.stderr).strip()[:300]
    found = map(json.loads, out.stdout.splitlines())
    return Counter((f["type"], f.get("path", "")) for f in found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--buf", required=True)
    parser.add_argument("--binary", default=ROOT / "target/release/tessera")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--misses")
    args = parser.parse_args()
    levels = {}
    listed = subprocess.run([args.buf, "config", "ls-breaking-rules", "--version", "v2", "--format", "json"], capture_output=True, text=True)
    for rule in map(json.loads, listed.stdout.splitlines()):
        levels[rule["id"]] = set(rule["categories"])
    cases = []
    for i in range(args.count):
        rnd = random.Random(f"{args.seed}/{i}")
        world = World(rnd)
        old = copy.deepcopy(world).texts()
        for _ in range(rnd.randint(1, 4)):
            world.edit()
        cases.append({"id": i, "format": "protobuf", "mode": "backward", "old": old, "new": world.texts()})
    feed = "".join(json.dumps(case) + "\n" for case in cases)
    out = subprocess.run([args.binary, "diff", "--batch", "-"], input=feed, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    same, tally, misses, rules = Counter(), Counter(), [], Counter()
    for case, answer in zip(cases, answers):
        with tempfile.TemporaryDirectory() as folder:
            said = ask_buf(args.buf, folder, case["old"], case["new"])
        refused = (isinstance(said, str), bool(answer["error"]))
        if any(refused):
            tally["both refuse" if all(refused) else "only buf refuses" if refused[0] else "only we refuse"] += 1
            if not all(refused):
                misses.append({**case, "buf": said if refused[0] else "takes it", "ours": answer["error"]})
            continue
        tally["both take"] += 1
        found = [s for change in answer["changes"] for s in change.get("source_rules", [])]
        wrong = {}
        for level in LEVELS:
            want = Counter({key: n for key, n in said.items() if level in levels[key[0]]})
            got = Counter((s["rule"], s["file"]) for s in found if level in s["levels"])
            same[level] += want == got
            if want != got:
                wrong[level] = {"missing": [*(want - got).items()], "more": [*(got - want).items()]}
        rules.update({rule for rule, _ in said})
        if wrong:
            misses.append({**case, "wrong": wrong})
    print(f"{args.count} pairs: " + ", ".join(f"{n} {what}" for what, n in sorted(tally.items())))
    print("same findings: " + ", ".join(f"{level} {same[level]}/{tally['both take']}" for level in LEVELS))
    print(f"{len(rules)} of {len(levels)} rules were seen; not: {', '.join(sorted(set(levels) - set(rules)))}")
    if args.misses:
        Path(args.misses).write_text("".join(json.dumps(m) + "\n" for m in misses))
    sys.exit(1 if misses and not args.misses else 0)


main()
