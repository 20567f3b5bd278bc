#!/usr/bin/env python3
"""Figures of a cluster, three nodes and two servers on loopback (docs/cluster.md).

usage: figures.py COURANT lag [--rate 300] [--seconds 60]     record by record, how much later followers have it than the leader
       figures.py COURANT join [--entries 100000]             a new node: from `courant cluster join` until it has everything
       figures.py COURANT takeover [--entries 30000] [--times 3]
                                 a leader killed, until what is published after is served; with what followers prepare, and without
       figures.py COURANT pages --origin FEED_ORIGIN [--feeds 170] [--entries 5100]
                                 pages extracted by one machine alone, and by three nodes: CPU of each process a page. Where each has a
                                 machine of its own, three are as many times as fast as the busiest of them works less

Needs Debian's postgresql and a release build of courant with the feature `cluster`.
"""
import argparse
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

import origin as origins
from nodes import APPLIED, LEADER, NEWEST, Node
from origin import Origin
from postgres import Pair, free_port, wait_for

INTERVAL, SPACING = 4, 0.3

# As many words as a language uses, so that entries are as unlike one another as news are.
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
origins.WORDS = [one + two + three for one in SYLLABLES[::3] for two in SYLLABLES[::4] for three in SYLLABLES[::5]]

# Entries that are settled, in a replica.
SETTLED = "SELECT count(*) FROM entries WHERE story_id IS NOT NULL"


def started(courant, folder, origin, pair, n, changes=None):
    """So many nodes, the first of which has made the cluster."""
    nodes = [Node(courant, folder, f"n{i + 1}", pair.url(), origin, INTERVAL, SPACING, changes) for i in range(n)]
    for node, what in zip(nodes, ["create"] + ["join"] * (n - 1)):
        node.do(what)
        node.start()
    wait_for(lambda: pair.sql(LEADER), 30, "nobody leads")
    return nodes


def asked(node, question):
    with sqlite3.connect(f"file:{node.database}?mode=ro", uri=True, timeout=10) as replica:
        return replica.execute(question).fetchone()[0]


def filled(nodes, origin, n, seconds):
    """So many entries are published at once; until they are stories on all nodes."""
    origin.add(n)
    wait_for(lambda: all(asked(node, SETTLED) >= n for node in nodes), seconds, f"{n} entries are not settled")


def percentiles(name, found):
    found = sorted(found)
    at = lambda part: found[min(len(found) - 1, int(len(found) * part))] * 1000
    print(f"{name}: p50 {at(.5):.0f} ms, p90 {at(.9):.0f} ms, p99 {at(.99):.0f} ms, most {found[-1] * 1000:.0f} ms, of {len(found)} records")


def lag(options, folder):
    origins.KEPT = 100
    with Origin(24, 4) as origin, Pair(folder / "postgres") as pair:
        nodes = started(options.courant, folder, origin, pair, 3)
        origin.publish(options.rate)
        time.sleep(3 * INTERVAL)
        leader = next(node for node in nodes if node.name == pair.sql(LEADER))
        replicas = {node.name: sqlite3.connect(f"file:{node.database}?mode=ro", uri=True) for node in nodes}
        seen = {name: [] for name in replicas}
        n_before, begun = asked(leader, "SELECT count(*) FROM entries"), time.monotonic()
        while time.monotonic() < begun + options.seconds:
            for name, replica in replicas.items():
                seq, at = replica.execute(APPLIED).fetchone()[0], time.monotonic()
                if not seen[name] or seen[name][-1][0] != seq:
                    seen[name].append((seq, at))
            time.sleep(0.002)
        n = asked(leader, "SELECT count(*) FROM entries") - n_before
        print(f"{n / options.seconds:.0f} entries/s for {options.seconds} s, {len(seen[leader.name]) / options.seconds:.0f} records/s; looked at each 2 ms")
        for name in sorted(seen.keys() - {leader.name}):
            late, theirs = [], iter(seen[name])
            has, at = next(theirs)
            for seq, led in seen[leader.name]:
                if led < begun + 1:
                    continue
                while has < seq and (step := next(theirs, None)):
                    has, at = step
                if has >= seq:
                    late.append(max(0.0, at - led))
            percentiles(f"{name} behind {leader.name}", late)


def join(options, folder):
    origins.KEPT = 1000
    with Origin(100, 5) as origin, Pair(folder / "postgres") as pair:
        nodes = started(options.courant, folder, origin, pair, 1)
        begun = time.monotonic()
        filled(nodes, origin, options.entries, 1800)
        print(f"{options.entries} entries by one node in {time.monotonic() - begun:.1f} s; the log holds {int(pair.sql('SELECT sum(octet_length(body)) FROM courant_log')) / 1e6:.1f} MB")
        node = Node(options.courant, folder, "n2", pair.url(), origin, INTERVAL, SPACING)
        begun = time.monotonic()
        node.do("join")
        fetched = time.monotonic()
        node.start()
        served = time.monotonic()
        newest = int(pair.sql(NEWEST))
        wait_for(lambda: (node.applied() or 0) >= newest, 600, "the new node does not catch up")
        print(f"joined in {time.monotonic() - begun:.1f} s: {fetched - begun:.1f} s the snapshot, serving after {served - begun:.1f} s")


def takeover(options, folder):
    origins.KEPT = 1000
    with Origin(100, 3) as origin, Pair(folder / "postgres") as pair:
        nodes = started(options.courant, folder, origin, pair, 3)
        filled(nodes, origin, options.entries, 1800)
        prepared = lambda node: node.database.with_suffix(".prepared")
        for warm in (False, True):
            took = []
            for n in range(options.times):
                leader = next(node for node in nodes if node.name == pair.sql(LEADER))
                followers = [node for node in nodes if node is not leader]
                for node in followers:
                    if warm:
                        # Its first look is half a minute after its start, the next ones ten minutes apart.
                        node.stop()
                        node.start()
                        wait_for(lambda: prepared(node).exists(), 120, f"{node.name} prepares nothing")
                    else:
                        prepared(node).unlink(missing_ok=True)
                killed = time.monotonic()
                leader.kill()
                wait_for(lambda: pair.sql(LEADER) not in ("", leader.name), 30, "nobody leads")
                led, newest = time.monotonic(), int(pair.sql(NEWEST))
                wait_for(lambda: int(pair.sql(NEWEST)) > newest, 30, "nothing is committed any more")
                committed = time.monotonic()
                n_settled = max(asked(node, SETTLED) for node in followers)
                while asked(followers[0], SETTLED) <= n_settled:
                    origin.add(1)
                    time.sleep(0.1)
                took.append((led - killed, committed - killed, time.monotonic() - killed))
                leader.start()
                wait_for(lambda: (leader.applied() or 0) >= int(pair.sql(NEWEST)) - 5, 60, "the killed node does not catch up")
                time.sleep(INTERVAL)
            for lead, commit, story in took:
                print(f"{'with' if warm else 'without'} what followers prepare: another leads after {lead:.1f} s, commits after {commit:.1f} s, and the next story is there after {story:.1f} s")


class Simulator:
    """feed-origin, whose entries have pages. A node's list is empty at first."""

    def __init__(self, program, feeds, entries):
        self.port = free_port()
        command = [program, "--feeds", str(feeds), "--entries", str(entries), "--hosts", "250", "--formats", "rss,atom", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def urls(self):
        return []

    def feeds(self):
        wait_for(self.answers, 20, "the simulator does not answer")
        return self.answers()

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/urls.txt").read().decode().split()
        except OSError:
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


# As benches/pages.py has it: every page is wanted, hosts wait for nothing.
PAGES = {
    'article = "never"\n': "", 'mode = "never"': 'mode = "always"', "127.77.0.0/16:": "127.0.0.0/8:",
    f'interval = "{INTERVAL}s"': 'interval = "1h"', f'host_spacing = "{int(SPACING * 1000)}ms"': 'host_spacing = "0s"\nper_host = 4',
}

# Members whose leases hold.
POLLING = "SELECT node FROM courant_nodes WHERE until > clock_timestamp()"

EXTRACTED = "SELECT count(*) FROM articles WHERE state = 1"


def pages(options, folder):
    alone = three = None
    for n in (1, 3):
        place = folder / f"of-{n}"
        place.mkdir()
        with Simulator(options.origin, options.feeds, options.entries // options.feeds) as origin, Pair(place / "postgres") as pair:
            if n == 1:
                nodes = [Node(options.courant, place, "n1", None, origin, INTERVAL, SPACING, PAGES)]
                nodes[0].start()
            else:
                nodes = started(options.courant, place, origin, pair, n, PAGES)
                wait_for(lambda: len(set(pair.sql(POLLING).split())) == n, 30, "not all nodes poll")
            # The list comes when all are there: one that is alone for a moment would have most of it behind itself.
            list_of = nodes[0].path / "feeds.toml"
            list_of.write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in origin.feeds()))
            nodes[0].do("reload")
            before = [node.cpu() for node in nodes]
            begun, n_pages, since = time.monotonic(), 0, time.monotonic()
            # Until nothing more comes.
            while time.monotonic() < since + 10:
                time.sleep(1)
                found = min(asked(node, EXTRACTED) for node in nodes)
                if found > n_pages:
                    n_pages, since = found, time.monotonic()
            used = [node.cpu() - cpu for node, cpu in zip(nodes, before)]
            if n == 1:
                alone = used[0] / n_pages
            else:
                three = max(used) / n_pages
            leads = {node.name for node in nodes if n > 1 and node.name == pair.sql(LEADER)}
            each = ", ".join(f"{cpu / n_pages * 1000:.2f} ms{' (leads)' if node.name in leads else ''}" for node, cpu in zip(nodes, used))
            print(f"{n} node{'s' if n > 1 else ' alone'}: {n_pages} pages in {since - begun:.0f} s; CPU a page of each: {each}", flush=True)
            for node in nodes:
                node.stop()
    print(f"three nodes, each on a machine of its own: {alone / three:.2f} × one")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("courant")
    parser.add_argument("figure", choices=["lag", "join", "takeover", "pages"])
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--entries", type=int)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--origin", type=pathlib.Path)
    parser.add_argument("--feeds", type=int, default=170)
    options = parser.parse_args()
    options.entries = options.entries or {"join": 100_000, "takeover": 30_000, "pages": 5_100}.get(options.figure)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="courant-figures-"))
    {"lag": lag, "join": join, "takeover": takeover, "pages": pages}[options.figure](options, folder)
    shutil.rmtree(folder)


main()
