#!/usr/bin/env python3
"""How often each rule of the extractor is right: the lines that it took, by whether they are in the truth.

usage: rules.py SHARED [--cmd "target/debug/courant debug extract"] [--by rule|what|first] [--set a,b] [--lang ru,pl]
                [--only RULE] [--show N] [--folds] [--save FILE] [--against FILE]

A line is in the truth if most of its runs of four words are; one of four to seven words, if the truth has these words in a
row; one of up to three, if the truth has a line or sentence that is them, for a word of a menu stands in any text. trafeval
knows only phrases: a line there counts where it holds one of them. Precision is the share of what a rule took that is not in
the truth, by lines and by words, over all sets that have a text, each site counted at most ten lines a rule, so that one
site's template does not decide. --folds gives each set's F1 on five parts, split by site; --save keeps the F1 of each page,
--against compares with such a file.
"""
import argparse
import collections
import importlib.util
import json
import pathlib
import re
import shlex
import sys
import zlib
from urllib.parse import urlsplit

options = argparse.ArgumentParser()
options.add_argument("shared", type=pathlib.Path)
options.add_argument("--cmd", default="target/debug/courant debug extract")
options.add_argument("--by", default="rule")
options.add_argument("--set", default="")
options.add_argument("--lang", default="")
options.add_argument("--only", default="")
options.add_argument("--show", type=int, default=0)
options.add_argument("--folds", action="store_true")
options.add_argument("--save")
options.add_argument("--against")
options = options.parse_args()

spec = importlib.util.spec_from_file_location("evalx", options.shared / "eval/extraction/evalx.py")
evalx = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(evalx)
DATA = options.shared / "eval/extraction/data"
MAX_OF_SITE = 10


def site(row):
    """Two labels of the host: enough to hold the pages of a site together."""
    return ".".join((urlsplit(row["url"] or "").hostname or row["id"]).split(".")[-2:])


def fold(row):
    return zlib.crc32(site(row).encode()) % 5


class Truth:
    def __init__(self, row):
        self.row = row
        if "text" in row:
            tokens = evalx.tokens(row["text"].lower())
            self.runs = evalx.shingles(tokens)
            self.flat = " " + " ".join(tokens) + " "
            parts = re.split(r"[\n.!?:;…。！？：；|]+", row["text"].lower())
            self.parts = {" ".join(evalx.tokens(part)) for part in parts}

    def holds(self, line):
        """Whether the line is article; None where nobody knows."""
        if "text" not in self.row:
            flat = evalx.squash(line)
            if any(evalx.squash(phrase) in flat for phrase in self.row["with"]):
                return True
            return False if any(evalx.squash(phrase) in flat for phrase in self.row.get("without", [])) else None
        tokens = evalx.tokens(line.rstrip("…").lower())
        if not tokens:
            return None
        # One or two words, as in a menu, stand somewhere in any text: they are in the truth if a line or sentence there is them.
        if len(tokens) < 4:
            return " ".join(tokens) in self.parts
        if len(tokens) < 8:
            return " " + " ".join(tokens) + " " in self.flat
        runs = evalx.shingles(tokens)
        return sum(run in self.runs for run in runs) * 2 > len(runs)


def sets():
    names = options.set.split(",") if options.set else sorted(p.name for p in DATA.iterdir() if p.is_dir())
    return evalx.load(str(DATA), names, "dev", set(options.lang.split(",")) - {""}, set())


def main():
    rows = sets()
    command = shlex.split(options.cmd) + ["--explain"]
    candidate = evalx.Candidate(command, 60)
    taken = collections.defaultdict(lambda: [0, 0, 0, 0])
    by_site = collections.Counter()
    shown = collections.Counter()
    records = []
    for row in rows:
        reply, error, took = candidate.ask({"id": row["id"], "url": row["url"] or "http://example.com/", "html": evalx.page(str(DATA), row)})
        if error:
            sys.exit(f"{row['dataset']}/{row['id']}: {error}")
        records += evalx.summarise([row], [(reply, None, took)])
        truth = Truth(row)
        for block in reply["blocks"]:
            right = truth.holds(block["text"])
            if right is None or (options.only and block["rule"] != options.only):
                continue
            key = block["rule"] if options.by == "rule" else f"{block['rule']}: {block['removed']}"
            if options.by == "first" and block["rule"]:
                key += ": " + " ".join(block["text"].lower().split()[:2])
            by_site[site(row), key] += 1
            if block["rule"] and by_site[site(row), key] > MAX_OF_SITE:
                continue
            n_words = len(evalx.tokens(block["text"]))
            taken[key][right] += 1
            taken[key][2 + right] += n_words
            if options.show and bool(block["rule"]) == right and shown[key] < options.show:
                shown[key] += 1
                print(f"{key}\t{row['dataset']}/{row['id']}\t{block['text'][:110]}\t{block['marks']}\t{block['path'][-90:]}")
    candidate.stop()
    print(f"{'rule':44} {'rightly':>8} {'wrongly':>8} {'precision':>9}   of words")
    for key, (no, yes, no_words, yes_words) in sorted(taken.items(), key=lambda item: -sum(item[1][:2])):
        if key in (None, "None: None"):
            print(f"{'(stays)':44} {yes:8} {no:8} {yes / (no + yes):9.3f}   {yes_words / max(1, no_words + yes_words):.3f}")
            continue
        if options.by == "first" and no + yes < 3:
            continue
        print(f"{str(key)[:44]:44} {no:8} {yes:8} {no / (no + yes):9.3f}   {no_words / max(1, no_words + yes_words):.3f}")
    pages = {f"{record['dataset']}/{record['id']}": record["f1"] for record in records}
    print()
    means = []
    for name in sorted({row["dataset"] for row in rows}):
        of = [record for record in records if record["dataset"] == name]
        parts = ""
        if options.folds:
            parts = "  ".join(format(evalx.table([r for r, row in zip(records, rows) if row["dataset"] == name and fold(row) == part] or of)["f1"], ".3f") for part in range(5))
        means.append(evalx.table(of)["f1"])
        extra = "".join(f"  {what} {evalx.table(of)[what]:.4f}" for what in ("clean", "title_ok", "date_ok") if what in evalx.table(of))
        print(f"{name:12} {evalx.table(of)['f1']:.4f}  {parts}{extra}")
    for slice in ("ru", "pl", "el", "zh", "en"):
        of = [record for record in records if record["dataset"] == "portals" and record["lang"] == slice]
        if of:
            print(f"portals {slice}   {evalx.table(of)['f1']:.4f}")
    print(f"mean of sets {sum(means) / len(means):.4f}")
    if options.save:
        json.dump(pages, open(options.save, "w"))
    if options.against:
        before = json.load(open(options.against))
        changed = sorted((pages[key] - before[key], key) for key in pages if key in before and abs(pages[key] - before[key]) > 0.004)
        sites = {f"{row['dataset']}/{row['id']}": (site(row), fold(row)) for row in rows}
        by_fold = collections.Counter()
        for change, key in changed:
            by_fold[sites[key][1]] += change
        print(f"{sum(c > 0 for c, _ in changed)} pages better, {sum(c < 0 for c, _ in changed)} worse; by fold", {part: round(by_fold[part], 2) for part in range(5)})
        for change, key in changed[:14] + changed[-8:]:
            print(f"{change:+.3f} {key} {sites[key][0]}")


main()
