#!/usr/bin/env python3
"""Runs the scorers of the evaluation data on a binary and holds each figure to its floor.

usage: scores.py COURANT SHARED [--print]

Floors are in floors.toml beside this file: `figure = floor`; a figure below its floor fails, one well above it is
named so that the floor can be raised. --print shows the figures in the form of that file.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

courant, shared = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
eval_dir = shared / "eval"


def run(*command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def feeds():
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        run(sys.executable, eval_dir / "feeds/score.py", "--json", out.name, "--", courant, "debug", "parse")
        score = json.load(open(out.name))
    text = run(sys.executable, eval_dir / "feeds/hostile.py", "--", courant, "debug", "parse")
    survived, total = map(int, re.search(r"hostile: (\d+) of (\d+)", text).groups())
    found = run(sys.executable, eval_dir / "feeds/score_discovery.py", "--", courant, "debug", "discover")
    pairs = [tuple(map(int, pair)) for pair in re.findall(r"(\d+) of +(\d+)", found)]
    return score, {"hostile": survived / total, "discovery": sum(a for a, _ in pairs) / sum(b for _, b in pairs), "readers": readers()}


def readers():
    """The share of the clean files, those that feed-rs may read, of which our own reader says the same."""
    rows = [json.loads(line) for line in open(eval_dir / "feeds/truth.jsonl")]
    answers = []
    for reader in ("feed-rs", "own"):
        asked = ({"id": at, "path": str(eval_dir / "feeds" / row["path"]), "content_type": row["content_type"],
                  "base_url": row["base_url"], "reader": reader} for at, row in enumerate(rows))
        lines = "".join(json.dumps(row) + "\n" for row in asked)
        done = subprocess.run([courant, "debug", "parse"], input=lines, stdout=subprocess.PIPE, text=True, check=True)
        answers.append([json.loads(line) for line in done.stdout.splitlines()])
    clean = [(bare, own, row) for bare, own, row in zip(*answers, rows) if bare["ok"]]
    for bare, own, row in clean:
        if bare != own:
            print(f"the readers differ: {row['id']}")
    return sum(bare == own for bare, own, _ in clean) / len(clean)


def extraction():
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        scorer = [sys.executable, eval_dir / "extraction/evalx.py", "--cmd", f"{courant} debug extract", "--json", out.name]
        run(*scorer)
        sets = json.load(open(out.name))["datasets"]
        # The languages of the portals that were weakest have floors of their own.
        for language in ("ru", "pl"):
            run(*scorer, "--dataset", "portals", "--lang", language)
            sets[f"portals.{language}"] = json.load(open(out.name))["datasets"]["portals"]
        return sets


def dedup():
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        run(sys.executable, eval_dir / "dedup/eval.py", "--json", out.name, "--", courant, "debug", "dedupe")
        return json.load(open(out.name))


def seed():
    text = run(sys.executable, eval_dir / "seed/score.py", "--", courant, "debug", "extract")
    clean, total = map(int, re.search(r"seed article: (\d+)/(\d+)", text).groups())
    return clean / total


def addresses():
    rows = [json.loads(line) for line in open(eval_dir / "hostile/ssrf_addresses.jsonl")]
    lines = "".join(json.dumps({"id": row["id"], "url": row["url"]}) + "\n" for row in rows)
    done = subprocess.run([courant, "debug", "address"], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    got = {row["id"]: row["allow"] for row in map(json.loads, done.stdout.splitlines())}
    return sum(got[row["id"]] == row["allow"] for row in rows) / len(rows)


def main():
    figures = {}
    score, extra = feeds()
    everything = score["groups"]["ALL"]
    for column in ("accept", "reject", "core"):
        figures[f"feeds.{column}"] = everything[column]["share"]
    figures.update({f"feeds.{name}": value for name, value in extra.items()})
    figures["seed.clean"] = seed()
    figures["address.right"] = addresses()
    for name, row in extraction().items():
        figures[f"extraction.{name}.f1"] = row["f1"]
        if "clean" in row:
            figures[f"extraction.{name}.clean"] = row["clean"]
        if name == "trafeval":  # the set whose titles and dates are exact
            figures |= {f"extraction.{name}.{what}": row[f"{what}_ok"] for what in ("title", "date")}
    for name, row in dedup().items():
        for kind, index in (("dup", 0), ("dup", 1), ("b3m", 2), ("b3", 2), ("pair", 2), ("pairs", 2)):
            if kind in row:
                figures[f"dedup.{name}.{kind}.{'prf'[index]}"] = row[kind][index]
    if "--print" in sys.argv:
        print("\n".join(f'"{name}" = {math.floor(value * 10_000) / 10_000:.4f}' for name, value in figures.items()))
        return
    floors = tomllib.load(open(pathlib.Path(__file__).parent / "floors.toml", "rb"))
    failed = 0
    for name, floor in floors.items():
        value = figures.get(name)
        low = value is None or value < floor - 1e-9
        failed += low
        note = "BELOW ITS FLOOR" if low else "raise the floor" if value > floor + 0.005 else ""
        print(f"{name:32} {value if value is None else format(value, '.4f')}  floor {floor:.4f}  {note}")
    print(f"{len(floors) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
