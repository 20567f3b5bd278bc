#!/usr/bin/env python3
"""What an article page costs, from the request to the settled entry, beside its two dear stages alone.

usage: pages.py COURANT ORIGIN LIMITS [--feeds 170] [--entries 30] [--runs 3]

ORIGIN is the feed simulator (feed-origin), LIMITS the floor program (limits). All feeds and all of their pages (mean 79 KB) are
fetched into an empty database, with a pass that fetches no page taken off, in turn. Beside it, in the same run, for as many
pages: `limits fetch` (gzip, cold) and `limits extract` (dom_smoothie). CPU milliseconds a page, medians:
pages            each entry a story of its own, beside the sum of the two; at most 1.15 ×
pages, stories   entries compared, the pass without pages not taken off; at most 3.5 ms
"""
import argparse
import pathlib
import re
import sqlite3
import statistics
import tempfile
from urllib.parse import urlsplit

from scale import Origin, Place, measured, row


def a_pass(a, origin, changes):
    """CPU seconds of a first pass under a configuration with these changes, and the pages that it extracted."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(folder, origin.urls)
        file = place.folder / "courant.toml"
        text = file.read_text()
        for old, new in changes.items():
            text = text.replace(old, new)
        file.write_text(text)
        cpu, *_ = place.once(a.courant)
        with sqlite3.connect(f"file:{place.folder}/state/courant.db?mode=ro", uri=True) as stored:
            return cpu, stored.execute("SELECT count(*) FROM articles WHERE state = 1").fetchone()[0]


def stages(a, origin, n_pages):
    """Seconds for so many pages: fetched, and extracted."""
    hosts = [f"{url.scheme}://{url.netloc}" for url in map(urlsplit, origin.urls)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pages:
        every = range(min(n_pages, 1000))
        pages.write("".join(f"{hosts[n % len(hosts)]}/a/{n % len(hosts)}/{n % a.entries}.html\n" for n in every))
        pages.flush()
        fetched = measured([a.limits, "fetch", pages.name, "--runs", "3"])[3]
    extracted = measured([a.limits, "extract", hosts[0], "300", str(a.feeds)])[3]
    return micros(fetched, "fetch reqwest gzip cold") * n_pages / 1e6, micros(extracted, "dom_smoothie article") * n_pages / 1e6


def micros(table, name):
    found = re.search(rf"^{re.escape(name)}\t.*?([\d.]+) us cpu/", table, re.MULTILINE)
    if not found:
        raise SystemExit(f"limits: no row called {name}\n{table}")
    return float(found.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("courant", "origin", "limits"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--feeds", type=int, default=170)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    a = parser.parse_args()
    always = {'mode = "never"': 'mode = "always"'}
    alone, floor, joined = [], [], []
    with Origin(a.origin, a.feeds, a.entries) as origin:
        for _ in range(a.runs):
            without, _ = a_pass(a, origin, {})
            cpu, n_pages = a_pass(a, origin, always)
            alone.append(1000 * (cpu - without) / n_pages)
            floor.append(1000 * sum(stages(a, origin, n_pages)) / n_pages)
            cpu, n_pages = a_pass(a, origin, always | {'[story]\ndedupe = "off"\n': ""})
            joined.append(1000 * cpu / n_pages)
    print(f"{n_pages} pages\n{'':34} {'courant':>10} {'beside':>10}")
    row("pages, CPU a page", statistics.median(alone), statistics.median(floor), "ms", "limits fetch + extract; at most 1.15 ×")
    row("pages, stories, CPU a page", statistics.median(joined), None, "ms", "at most 3.5 ms")


if __name__ == "__main__":
    main()
