#!/usr/bin/env python3
"""What finding stories costs in the whole program, and how right it is on the simulator's syndicated copies.

usage: stories.py COURANT ORIGIN [--feeds 1000] [--runs 3]

ORIGIN is the feed simulator (feed-origin), which says at /truth.tsv which entries tell one story. The service takes so many
feeds of 30 entries into an empty database with dedupe = "off" and with "story", in turn; articles are off. CPU is user and
system seconds of its process, medians, and beside them the difference an entry: at most 300 µs. Precision (at least .99)
and recall (at least .95) are over pairs of entries.
"""
import argparse
import collections
import pathlib
import re
import sqlite3
import tempfile
import urllib.request

from scale import PORT, Origin, Place, median, peak_memory, seconds, service

PATH = re.compile(r"^https?://([^/:]+)[^/]*(/[^?#]*)")


def place(folder, urls, dedupe):
    made = Place(folder, urls)
    config = made.folder / "courant.toml"
    config.write_text(config.read_text().replace('dedupe = "off"', f'dedupe = "{dedupe}"'))
    return made


def cold(courant, place):
    """CPU seconds of the service until it has taken in all feeds for the first time, and its peak MB."""
    with service(courant, place) as (_, pid):
        return seconds(pid), peak_memory(pid)


def n_pairs(counts):
    return sum(n * (n - 1) // 2 for n in counts.values())


def right(folder, truth):
    """Pair precision and recall of what the database says."""
    with sqlite3.connect(pathlib.Path(folder) / "state" / "courant.db") as database:
        said = {PATH.match(link).groups(): story for link, story in database.execute("SELECT link, story_id FROM entries")}
    known = [(truth[page], story) for page, story in said.items() if page in truth]
    both, true, found = collections.Counter(known), *(collections.Counter(column) for column in zip(*known))
    return n_pairs(both) / max(1, n_pairs(found)), n_pairs(both) / max(1, n_pairs(true)), len(known)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("courant"), ap.add_argument("origin")
    ap.add_argument("--feeds", type=int, default=1000), ap.add_argument("--runs", type=int, default=3)
    a = ap.parse_args()
    rows = {"off": [], "story": []}
    with Origin(a.origin, a.feeds, 30) as origin:
        table = urllib.request.urlopen(f"http://127.0.0.1:{PORT}/truth.tsv").read().decode().splitlines()
        fields = (line.split("\t") for line in table[1:])
        truth = {PATH.match(url).groups(): story for _, _, story, _, _, url in fields}
        for _ in range(a.runs):
            for dedupe, measured in rows.items():
                with tempfile.TemporaryDirectory() as folder:
                    measured.append(cold(a.courant, place(folder, origin.urls, dedupe)))
                    if dedupe == "story":
                        precision, recall, n_entries = right(folder, truth)
    cost = {dedupe: median(measured, 0) for dedupe, measured in rows.items()}
    more = (cost["story"] - cost["off"]) / n_entries * 1e6
    print(f"{n_entries} entries: off {cost['off']:.2f} s, story {cost['story']:.2f} s, {more:+.0f} µs an entry; peak {max(row[1] for row in rows['story']):.0f} MB")
    print(f"pairs: precision {precision:.4f}, recall {recall:.4f}")


main()
