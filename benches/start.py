#!/usr/bin/env python3
"""What a start costs with many entries: a pass by cron that brings 200 new ones, and a service until it serves.

usage: start.py COURANT ORIGIN [--feeds 1000] [--entries 30] [--runs 3] [--beside OLDER]

ORIGIN is the feed simulator (feed-origin). Stories are made, articles are off. Rows:
cron     passes after the first, each after 2 new entries in a tenth of the feeds: CPU seconds of the whole process
serving  `run` on the same database, from exec until /healthz answers: milliseconds
With OLDER another courant does the same beside it, in turn, on a database of its own. Medians; the first pass after the large
one is not counted, because it prepares what the large one left.
"""
import argparse
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

from scale import PORT, Origin, Place, measured


def stories(folder, urls, listen):
    """A place whose entries are compared."""
    place = Place(folder, urls)
    file = place.folder / "courant.toml"
    file.write_text(file.read_text().replace('[story]\ndedupe = "off"\n', "").replace("127.0.0.1:0", f"127.0.0.1:{listen}"))
    return place


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def serving(binary, place, port):
    """Milliseconds from exec until the first answer."""
    command = [binary, "--config", str(place.folder / "courant.toml"), "run"]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(10_000):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                return 1000 * (time.monotonic() - started)
            except OSError:
                time.sleep(0.002)
        raise SystemExit("the service does not answer")
    finally:
        process.terminate()
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("courant", type=pathlib.Path)
    parser.add_argument("origin", type=pathlib.Path)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--beside", type=pathlib.Path)
    a = parser.parse_args()
    binaries = [binary.resolve() for binary in (a.courant, a.beside) if binary]
    with Origin(a.origin, a.feeds, a.entries) as origin, tempfile.TemporaryDirectory() as folder:
        places = []
        for n, binary in enumerate(binaries):
            (pathlib.Path(folder) / str(n)).mkdir()
            port = free_port()
            places.append((binary, stories(pathlib.Path(folder) / str(n), origin.urls, port), port))
            places[-1][1].once(binary)
        rows = {binary: [] for binary in binaries}
        for run in range(a.runs + 1):
            tick = urllib.request.Request(f"http://127.0.0.1:{PORT}/tick?share=100&k=2", method="POST")
            urllib.request.urlopen(tick).read()
            for binary, place, _ in places:
                cpu, peak, *_ = place.once(binary)
                if run > 0:
                    rows[binary].append((cpu, peak))
        for binary, place, port in places:
            cpu, peak = (statistics.median(column) for column in zip(*rows[binary]))
            answer = statistics.median(serving(binary, place, port) for _ in range(a.runs))
            kept = place.folder / "state" / "courant.prepared"
            size = kept.stat().st_size / 1e6 if kept.exists() else 0
            print(f"{binary}\n  cron     {cpu:8.3f} s CPU, {peak:.0f} MB at most; kept for the next start: {size:.1f} MB\n  serving  {answer:8.0f} ms")


if __name__ == "__main__":
    main()
