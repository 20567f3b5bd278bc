#!/usr/bin/env python3
"""Other programs beside courant, on the same simulated feeds, one after the other in one run.

usage: peers.py COURANT ORIGIN [--feeds 1000] [--entries 30] [--reader PYTHON]

ORIGIN is the feed simulator (feed-origin). Beside courant (stories are made, its text index is kept; articles are off) run what is
there of newsboat and sfeed (`apt-get install newsboat sfeed`) and reader (`pip install "reader[cli]"`, PYTHON is the one that
has it). Each gets an empty state and polls three times: `cold`; `again`, when nothing has changed; and `tick`, after two new
entries in a tenth of the feeds. CPU is user and system seconds with all children, memory that of the largest process. newsboat
sends no validators before its third poll; sfeed never does.
"""
import argparse
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request

from scale import PORT, Origin, Place, measured


class Courant:
    def __init__(self, folder, urls, binary):
        self.name, self.place, self.binary = "courant", Place(folder, urls), binary
        file = self.place.folder / "courant.toml"
        file.write_text(file.read_text().replace('[story]\ndedupe = "off"\n', ""))

    def poll(self):
        return self.place.once(self.binary)

    def n_entries(self):
        return count(self.place.folder / "state/courant.db", "entries")


class Newsboat:
    def __init__(self, folder, urls):
        self.name, self.folder = "newsboat", folder
        (folder / "urls").write_text("\n".join(urls) + "\n")
        (folder / "config").write_text("reload-threads 100\n")

    def poll(self):
        return measured(["newsboat", "-q", "-u", self.folder / "urls", "-c", self.folder / "cache.db", "-C", self.folder / "config", "-x", "reload"])

    def n_entries(self):
        return count(self.folder / "cache.db", "rss_item")


class Sfeed:
    def __init__(self, folder, urls):
        self.name, self.folder = "sfeed", folder
        feeds = "".join(f'feed "{n}" "{url}"\n' for n, url in enumerate(urls))
        (folder / "sfeedrc").write_text(f'sfeedpath="{folder}/feeds"\nmaxjobs=100\nfeeds() {{\n{feeds}}}\n')

    def poll(self):
        return measured(["sfeed_update", self.folder / "sfeedrc"])

    def n_entries(self):
        return sum(sum(1 for _ in open(file, "rb")) for file in (self.folder / "feeds").iterdir())


class Reader:
    ADD = "import sys, reader\nwith reader.make_reader(sys.argv[1]) as r:\n    [r.add_feed(u.strip()) for u in open(sys.argv[2])]"

    def __init__(self, folder, urls, python):
        self.name, self.python, self.database = "reader", python, folder / "reader.db"
        (folder / "urls").write_text("\n".join(urls) + "\n")
        measured([python, "-c", self.ADD, self.database, folder / "urls"])

    def poll(self):
        return measured([self.python, "-m", "reader", "--db", self.database, "update", "--no-scheduled", "--workers", "20"])

    def n_entries(self):
        return count(self.database, "entries")


def count(database, table):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as stored:
        return stored.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("courant", type=pathlib.Path)
    parser.add_argument("origin", type=pathlib.Path)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--reader", default=sys.executable, metavar="PYTHON")
    a = parser.parse_args()
    peers = [lambda folder, urls: Courant(folder, urls, a.courant.resolve())]
    peers += [Newsboat] if shutil.which("newsboat") else []
    peers += [Sfeed] if shutil.which("sfeed_update") else []
    if subprocess.run([a.reader, "-c", "import reader"], stderr=subprocess.DEVNULL).returncode == 0:
        peers.append(lambda folder, urls: Reader(folder, urls, a.reader))
    with Origin(a.origin, a.feeds, a.entries) as origin, tempfile.TemporaryDirectory() as folder:
        made = []
        for n, peer in enumerate(peers):
            place = pathlib.Path(folder) / str(n)
            place.mkdir()
            made.append(peer(place, origin.urls))
        print(f"{'':10} {'':6} {'CPU s':>9} {'beside':>8} {'wall s':>8} {'MB':>6} {'entries':>8}")
        for turn in ("cold", "again", "tick"):
            if turn == "tick":
                urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}/tick?share=100&k=2", method="POST")).read()
            ours = None
            for peer in made:
                cpu, peak, wall, _ = peer.poll()
                ours = ours or cpu
                print(f"{peer.name:10} {turn:6} {cpu:9.2f} {cpu / ours:7.1f}× {wall:8.1f} {peak:6.0f} {peer.n_entries():8}", flush=True)


if __name__ == "__main__":
    main()
