#!/usr/bin/env python3
"""What is served, from a database of many stories: how long pages and searches take, and what a document costs beside static bytes.

usage: outputs.py COURANT ORIGIN LIMITS [--stories 100000] [--asked 300] [--requests 4000]

ORIGIN is the feed simulator (feed-origin), LIMITS the floor program, whose `serve` hands out the bytes of a merged feed. The stories
are polled, a hundred a feed, and not compared; the service polls a thousand of the feeds again, over and over, while it is asked.
All of them are seen on one day and dated over a month: the hardest case for what asks for the newest, as after a move from elsewhere.
page      a hundred stories of an output from a cursor anywhere in it, and the page at `/` from there: ms, median and p99
search    newest first, words that few and that many stories have: two Chinese characters, two English words: ms
covered   most covered of the last week: ms
document  CPU of the server for one answer, at rest: 304, and the cached feed, beside bytes from memory by LIMITS: µs. LIMITS has
          one short text and one long one: what as many bytes as ours cost is on the straight line between them
"""
import argparse
import contextlib
import http.client
import pathlib
import random
import re
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

from scale import Origin, Place, seconds

ENTRIES, CHANCE = 100, random.Random(7)


@contextlib.contextmanager
def serving(command, ready):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in process.stdout:
            found = re.search(ready, line)
            if found:
                # What it says later is read and thrown away, so that it never waits for us.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield process, found.group(1)
                break
        else:
            raise SystemExit(f"{command}: ended")
    finally:
        process.terminate()
        process.wait()


class Client:
    """One connection that stays open."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=60)

    def get(self, path, headers={}):
        self.connection.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
        answer = self.connection.getresponse()
        return answer, answer.read()

    def took(self, paths):
        """Milliseconds of each."""
        times = []
        for path in paths:
            begun = time.monotonic()
            answer, body = self.get(path)
            times.append(1000 * (time.monotonic() - begun))
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status} {body[:200]}")
        return times


def row(name, times, bar):
    times = sorted(times)
    print(f"{name:44} {statistics.median(times):9.2f} ms median {times[int(0.99 * (len(times) - 1))]:9.2f} ms p99   {bar}", flush=True)


def cost(process, address, path, n, headers={}):
    """Microseconds of the server's CPU for one answer."""
    client = Client(address)
    client.get(path, headers)
    before = seconds(process.pid)
    for _ in range(n):
        client.get(path, headers)
    return (seconds(process.pid) - before) / n * 1e6


def again_and_again(command, until):
    while not until.is_set():
        subprocess.run([*command, "once", "--all"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("courant", "origin", "limits"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--asked", type=int, default=300)
    parser.add_argument("--requests", type=int, default=4000)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Origin(a.origin.resolve(), a.stories // ENTRIES, ENTRIES) as origin:
        place = Place(folder, origin.urls)
        command = [str(a.courant.resolve()), "--config", str(place.folder / "courant.toml")]
        began = time.monotonic()
        subprocess.run([*command, "once", "--all"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        size = (place.folder / "state" / "courant.db").stat().st_size
        print(f"{a.stories:,} stories in {time.monotonic() - began:.0f} s, {size / 1e6:.0f} MB", flush=True)
        # Feeds that are no longer listed keep their stories.
        (place.folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in origin.urls[:1000]))
        with serving([*command, "run"], r"serving on http://([^/]+)/") as (process, address):
            done = threading.Event()
            polling = threading.Thread(target=again_and_again, args=(command, done))
            polling.start()
            try:
                ask(a, address)
            finally:
                done.set()
                polling.join()
            documents(a, process, address)


def ask(a, address):
    client = Client(address)
    now = int(time.time() * 1000)
    cursors = [f"0_{now - CHANCE.randrange(30 * 86_400_000)}_0" for _ in range(a.asked)]
    row("a hundred stories from a cursor", client.took(f"/feeds/all.json?before={cursor}" for cursor in cursors), "p99 at most 5 ms")
    row("the page from there", client.took(f"/?before={cursor}" for cursor in cursors), "")
    # No two are the same, so that none is kept from before.
    variants = [f"limit={limit}&content={content}" for limit in range(20, 100) for content in ("full", "summary")][: a.asked]
    for words in ("发布", "芯片 数据", "memory safety", "browser release"):
        paths = [f"/feed.json?q={urllib.parse.quote(words)}&{variant}" for variant in variants]
        row(f"search {words}", client.took(paths), "p99 at most 20 ms")
    paths = [f"/feed.json?q=since:7d+order:sources&{variant}" for variant in variants]
    row("most covered of the week", client.took(paths), "p99 at most 20 ms")


def documents(a, process, address):
    answer, document = Client(address).get("/feeds/all.atom")
    conditional = {"If-None-Match": answer.headers["ETag"]}
    with serving([str(a.limits.resolve()), "serve", "8490"], r"(merged feed)") as (floor, _):
        at = "127.0.0.1:8490"
        until_it_listens(at)
        sizes = {path: len(Client(at).get(path)[1]) for path in ("/gz", "/static")}
        n = a.requests
        runs = []
        for _ in range(5):
            runs.append([
                cost(process, address, "/feeds/all.atom", n),
                cost(process, address, "/feeds/all.atom", n, conditional),
                *(cost(floor, at, path, n) for path in ("/gz", "/static", "/304")),
            ])
        ours, ours_known, short, long, known = (statistics.median(column) for column in zip(*runs))
        share = (len(document) - sizes["/gz"]) / (sizes["/static"] - sizes["/gz"])
        same = short + share * (long - short)
        print(f"static bytes: {sizes['/gz'] / 1000:.1f} KB {short:.1f} µs, {sizes['/static'] / 1000:.1f} KB {long:.1f} µs", flush=True)
        for name, our, their in (("cached feed", ours, same), ("304", ours_known, known)):
            size = f", {len(document) / 1000:.1f} KB both" if name == "cached feed" else ""
            print(f"{name:44} {our:9.1f} µs of CPU {their:9.1f} µs static  {our / their:6.2f} ×   at most 1.1 ×{size}", flush=True)


def until_it_listens(address):
    for _ in range(200):
        with contextlib.suppress(OSError):
            return Client(address).get("/304")
        time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


if __name__ == "__main__":
    main()
