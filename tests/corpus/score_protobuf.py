#!/usr/bin/env python3
"""Scores `tessera diff --batch` on Protobuf against buf: its published cases, and buf itself where it is there.

Usage: score_protobuf.py [--binary PATH] [--buf PATH] [--misses FILE]
Each case says which of buf's rules were on; our changes carry the rules of buf that see them (`source_rules`), so both
sides are lists of (rule, file) that must be equal as multisets, and the verdict with them. With --buf the same is asked of
buf at each of its levels FILE, PACKAGE, WIRE_JSON and WIRE, whatever the case had on.
The cases are looked for in TESSERA_CORPORA, else in ../shared/corpora beside the repository. PATH is a `tessera` binary or
anything else that answers the lines of `diff --batch -`.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("TESSERA_CORPORA") or ROOT / "../shared/corpora")
LEVELS = ["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]
# Names that buf has replaced.
REPLACED = {
    "FIELD_SAME_CTYPE": ["FIELD_SAME_CPP_STRING_TYPE"],
    "FIELD_SAME_LABEL": [
        "FIELD_SAME_CARDINALITY", "FIELD_WIRE_COMPATIBLE_CARDINALITY", "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"],
    "FILE_SAME_JAVA_STRING_CHECK_UTF8": ["FIELD_SAME_JAVA_UTF8_VALIDATION"],
}


def answers(binary, cases):
    feed = "".join(
        json.dumps({"id": c["id"], "format": "protobuf", "mode": "backward", "old": c["old"], "new": c["new"]}) + "\n"
        for c in cases)
    out = subprocess.run([binary, "diff", "--batch", "-"], input=feed, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def sources(answer):
    return [s for change in answer["changes"] for s in change.get("source_rules", [])]


def ours(answer, wanted):
    """Findings that the rules and levels in `wanted` see."""
    seen = [s for s in sources(answer) if s["rule"] in wanted or set(s["levels"]) & wanted]
    return Counter((s["rule"], s["file"]) for s in seen)


def switched_on(config):
    """Rules and levels that a buf configuration asks for, and those it takes away."""
    lists = {}
    for key in ("use", "except"):
        found = re.search(rf"^  {key}:\n((?:    - \S+\n?)+)", config + "\n", re.M)
        names = re.findall(r"- (\S+)", found.group(1)) if found else []
        lists[key] = {rule for name in names for rule in REPLACED.get(name, [name])}
    return lists["use"] or {"FILE"}, lists["except"]


def ask_buf(buf, old, new, level):
    """What buf itself says at one level, or the text of its refusal."""
    with tempfile.TemporaryDirectory() as folder:
        for side, files in (("old", old), ("new", new)):
            for name, text in files.items():
                path = Path(folder, side, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        # A side's own configuration says where imports start; which rules are on is asked here.
        config = json.dumps({"version": "v2", "breaking": {"use": [level]}})
        out = subprocess.run(
            [buf, "breaking", Path(folder, "new"), "--against", Path(folder, "old"), "--error-format", "json",
             *([] if "buf.yaml" in new and "roots" in new["buf.yaml"] else ["--config", config])],
            capture_output=True, text=True)
        if out.returncode not in (0, 100):
            return out.stderr.strip()
        found = [json.loads(line) for line in out.stdout.splitlines()]
        if any(f["type"] == "COMPILE" for f in found):
            return found[0].get("message", "does not compile")
        # Both sides are read under one folder name.
        trim = lambda path: re.sub(rf"^{re.escape(folder)}/(old|new)/", "", path)
        return Counter((f["type"], trim(f.get("path", ""))) for f in found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", default=ROOT / "target/release/tessera")
    parser.add_argument("--buf")
    parser.add_argument("--misses")
    args = parser.parse_args()
    path = CORPORA / "diff/protobuf.buf_half.jsonl"
    if not path.exists():
        sys.exit(f"skipped: {path} is not there (set TESSERA_CORPORA)")
    cases = [json.loads(line) for line in path.read_text().splitlines()]
    right = annotations = found = 0
    levels, misses = Counter(), []
    for case, answer in zip(cases, answers(args.binary, cases)):
        if answer["error"]:
            misses.append({"id": case["id"], "error": answer["error"]})
            continue
        on, off = switched_on(case["peer_mode"])
        want = Counter((c["rule"], c["file"] or "") for c in case["expected_changes"])
        # The published lists leave out what names no file (a file or a package that went).
        got = Counter({key: n for key, n in ours(answer, on).items() if key[0] not in off and key[1]})
        annotations += sum(want.values())
        found += sum((want & got).values())
        if want == got and bool(want) == (case["expected"] == "breaking"):
            right += 1
        else:
            misses.append({"id": case["id"], "missing": [*(want - got).items()], "more": [*(got - want).items()]})
        for level in LEVELS if args.buf else []:
            said = ask_buf(args.buf, case["old"], case["new"], level)
            mine = ours(answer, {level})
            levels[level] += said == mine
            if said != mine:
                differ = said if isinstance(said, str) else {"missing": [*(said - mine).items()], "more": [*(mine - said).items()]}
                misses.append({"id": case["id"], "level": level, "buf": differ})
    print(f"{len(cases)} cases: {right} with the same findings; {found} of {annotations} findings")
    for level in LEVELS if args.buf else []:
        print(f"{level}: {levels[level]} of {len(cases)} as buf itself says")
    for miss in misses:
        print(json.dumps(miss)) if not args.misses else None
    if args.misses:
        Path(args.misses).write_text("".join(json.dumps(m) + "\n" for m in misses))


main()
