#!/usr/bin/env python3
"""How everything grows with the number of entries: a database made by polls of feeds of real articles, packed, then served.

usage: growth.py COURANT ARTICLES.jsonl FOLDER [N …]     FOLDER is made, and wants 17 KB of room an entry; by default N is 10000 30000 100000

ARTICLES are lines of {"html", "text"}, as `courant debug extract` answers. Each entry is made of paragraphs of several articles of
one set, so that its length, words and marks are real, and no two are copies; their dates cover a year. Entries are compared by
address alone: what comparing stories costs is measured by stories.py. Columns, each at so many entries:
size        the database after `db compact`, in MB; beside the text in it; and bytes an entry
commit      half of the writer's transactions, and 99 in a hundred, while twenty feeds with a new entry each are polled, sixty times:
            the bounds in ms
page, find  the newest stories after a new one, and a search of two words, by HTTP: medians in ms
start       until it serves, in s
backup      seconds, and the longest transaction of the writer meanwhile: the bound in ms
prune       ms for each story of the oldest hundredth
"""
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import time
import urllib.request

FEED, CHUNK, TICKS, ASKED = 500, 20, 20, 60
YEAR = 365 * 86_400
PARAGRAPH = re.compile(r"<p>.*?</p>", re.S)

courant, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[3])
sizes = [int(n) for n in sys.argv[4:]] or [10_000, 30_000, 100_000]
chance = random.Random(11)
# The sets (languages, for the most part) by the first part of their ids.
pools = {}
for line in open(sys.argv[2]):
    article = json.loads(line)
    pools.setdefault(article["id"].split("/")[0], []).extend(PARAGRAPH.findall(article["html"]))
pools = [pool for pool in pools.values() if len(pool) > 300]
weights = [len(pool) for pool in pools]
written = 0


def body():
    """Lengths as of the evaluation's articles: 7.5 KB of HTML in the mean, half of them shorter than 5."""
    global written
    wanted, pool, parts = min(60_000, chance.lognormvariate(8.5, 0.9)), chance.choices(pools, weights)[0], []
    while wanted > 0:
        parts.append(chance.choice(pool))
        wanted -= len(parts[-1].encode())
    html = "".join(parts)
    written += len(re.sub(r"<[^>]*>", "", html).encode())
    return html


def write(name, first, n, at):
    items = [{
        "id": f"{name}-{first + k}", "url": f"https://{name}.example/{first + k}", "title": f"Number {first + k} of {name}",
        "date_published": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at(k))), "content_html": body()} for k in range(n)]
    file = folder / f"{name}.json"
    old = json.loads(file.read_text())["items"][:30] if name.startswith("tick") and file.exists() else []
    file.write_text(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": name, "items": items + old}))
    return f'[[feed]]\nurl = "file://{file.resolve()}"\narticle = "never"\n'


def configure(more=""):
    (folder / "courant.toml").write_text(
        f'state_dir = "state"\n[poll]\nmin_interval = "1h"\n[story]\ndedupe = "address"\n[backup]\nevery = "0s"\n[store]\nreserve = "0B"\n{more}[serve]\nlisten = "127.0.0.1:0"\n')


def run(*words):
    return subprocess.run([courant, "--config", folder / "courant.toml", *words], check=True, capture_output=True, text=True).stdout


def tick(n, k=1):
    """Twenty feeds, with so many more entries each."""
    now = time.time()
    return "".join(write(f"tick{feed}", n, k, lambda at: now - at) for feed in range(TICKS))


def fill(n_before, n):
    """Entries up to so many, in feeds of 500 that are read once."""
    for begin in range(n_before, n, FEED * CHUNK):
        feeds, now = [], time.time()
        for first in range(begin, min(n, begin + FEED * CHUNK), FEED):
            feeds.append(write(f"site{first // FEED}", first, FEED, lambda k: now - YEAR * (1 - chance.random()) + k))
        (folder / "feeds.toml").write_text("".join(feeds))
        run("once", "--all")
        for file in folder.glob("site*.json"):
            file.unlink()


def get(url):
    begun = time.monotonic()
    urllib.request.urlopen(url, timeout=60).read()
    return (time.monotonic() - begun) * 1000


class Service:
    def __init__(self):
        begun, log = time.monotonic(), folder / "log"
        self.process = subprocess.Popen([courant, "--config", folder / "courant.toml", "run"], stdout=subprocess.DEVNULL, stderr=open(log, "w"))
        while "serving on " not in log.read_text():
            if self.process.poll() is not None:
                raise SystemExit(log.read_text())
            time.sleep(0.005)
        self.took = time.monotonic() - begun
        self.address = log.read_text().split("serving on ")[1].split()[0]

    def commits(self):
        """How many transactions took at most so many seconds."""
        text = urllib.request.urlopen(f"{self.address}metrics").read().decode()
        return {float(le): int(n) for le, n in re.findall(r'courant_commit_seconds_bucket\{le="([^"]+)"\} (\d+)', text)}

    def stop(self):
        self.process.terminate()
        self.process.wait()


def bound(before, after, share):
    """Within how many ms such a share of the transactions between was."""
    n = {le: after[le] - before.get(le, 0) for le in after}
    total = max(n.values())
    return min(le for le in n if n[le] >= share * total) * 1000


def measure(n):
    (folder / "feeds.toml").write_text(tick(n))
    run("once", "--all")
    run("db", "compact")
    size = (folder / "state/courant.db").stat().st_size
    service = Service()
    run("once", "--all")
    before, page, find = service.commits(), [], []
    for k in range(ASKED):
        tick(n + 1 + k)
        run("once", "--all")
        page.append(get(service.address))
        find.append(get(f"{service.address}?q=Number+{n + k}"))
    commit = [bound(before, service.commits(), share) for share in (0.5, 0.99)]
    copy, before = folder / "copy.db", service.commits()
    begun = time.monotonic()
    making = subprocess.Popen([courant, "--config", folder / "courant.toml", "db", "backup", copy], stdout=subprocess.DEVNULL)
    k, backup = ASKED, None
    # And once behind it: what the log has held back meanwhile is due then.
    while backup is None:
        if making.poll() is not None:
            backup = time.monotonic() - begun
        k += 1
        tick(n + k)
        run("once", "--all")
    blocked = bound(before, service.commits(), 1.0)
    copy.unlink()
    service.stop()
    n_stories = json.loads(run("status", "--format", "json"))["stories"]
    configure(f'keep = "1s"\nkeep_stories = {n_stories - n // 100}\n')
    begun = time.monotonic()
    n_pruned = int(run("db", "prune").split()[0])
    prune = (time.monotonic() - begun) * 1000 / n_pruned
    configure()
    print(f"| {n:,} | {size / 1e6:.0f} | {size / written:.2f} | {size / n:.0f} | {commit[0]:g}, {commit[1]:g} | {statistics.median(page):.0f} | "
          f"{statistics.median(find):.0f} | {service.took:.2f} | {backup:.1f} | {blocked:g} | {prune:.1f} |", flush=True)


def main():
    folder.mkdir()
    configure()
    print("| entries | size, MB | of the text | an entry, B | commit p50, p99, ms ≤ | page, ms | find, ms | start, s | backup, s | longest commit meanwhile, ms ≤ | prune, ms a story |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    n_before = 0
    for n in sizes:
        fill(n_before, n)
        measure(n)
        n_before = n


main()
