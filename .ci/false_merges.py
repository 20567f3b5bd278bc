#!/usr/bin/env python3
"""Lists every false merge on a labelled set: entries that joined one of another story, by which rung and why.

usage: false_merges.py COURANT SHARED SET   (aitech-bi, uci-en, xling-syn)
"""
import gzip
import json
import pathlib
import subprocess
import sys

courant, shared, name = sys.argv[1:]
data = pathlib.Path(shared) / "eval" / "dedup" / "dev"
lines = gzip.open(data / f"{name}.jsonl.gz").read()
rows = [json.loads(line) for line in lines.splitlines()]
titles = {row["id"]: row["title"] for row in rows}
gold = dict(line.split("\t")[::2] for line in (data / f"{name}.gold.tsv").read_text().splitlines())
answers = subprocess.run([courant, "debug", "dedupe"], input=lines, stdout=subprocess.PIPE, check=True).stdout
# A later look corrects an earlier answer.
answers = {answer["id"]: answer for answer in map(json.loads, answers.splitlines())}
n_joined = n_false = 0
for answer in answers.values():
    if (partner := answer["evidence"].get("with")) is None:
        continue
    partner = rows[partner]["id"]
    stories = gold.get(answer["id"], "-"), gold.get(partner, "-")
    if "-" in stories:
        continue
    n_joined += 1
    if stories[0] != stories[1]:
        n_false += 1
        print(f"{answer['id']} → {partner}  {answer['rung']}\n  {titles[answer['id']]}\n  {titles[partner]}\n  {answer['evidence']['why']}")
print(f"{name}: {n_false} of {n_joined} labelled joins are false")
