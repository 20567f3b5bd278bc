#!/usr/bin/env python3
"""What polling costs and how it grows: courant beside the floor program, on the same simulated feeds, in turn, in one run.

usage: scale.py COURANT ORIGIN LIMITS [--runs 3] [--only NAME,NAME…] [--beside OLDER]

ORIGIN is the feed simulator (feed-origin), LIMITS the floor program (limits). Articles and dedupe are off. Rows:
cold        1,000 feeds of 30 entries into an empty database, beside `limits poll --fts 1`: CPU and peak memory
unchanged   the same feeds again, a pass in the running service, beside `limits poll` again and the 304s of `limits fetch`
growth      10,000 feeds of 10 entries beside 1,000: CPU, and peak memory
latency     1,000 feeds on 250 hosts whose answers take 80 ms in the median and 2 s at most: seconds
hanging     200 more feeds on a host that never answers: how much later the healthy feeds are polled (p99)
beside      cold, unchanged and growth with OLDER, another courant, in turn: CPU and peak memory; only where it is named
CPU is user and system seconds of the whole process, medians; compare ratios, not seconds: no machine is quiet.
"""
import argparse
import contextlib
import os
import pathlib
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request

PORT, HANGING = 8500, ("127.2.0.1", 8501)


class Origin:
    """The simulator with so many feeds."""

    def __init__(self, binary, feeds, entries):
        command = [binary, "--feeds", str(feeds), "--entries", str(entries), "--hosts", "250", "--formats", "rss,atom", "--port", str(PORT)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.urls = urllib.request.urlopen(f"http://127.0.0.1:{PORT}/urls.txt").read().decode().split()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the simulator does not answer")

    def configure(self, settings):
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}/config?{settings}", method="POST")).read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def measured(command):
    """CPU seconds, peak MB, wall seconds and output of a command."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        out.seek(0)
        text = out.read().decode()
    if status != 0:
        raise SystemExit(f"{command}: status {status}\n{text[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.monotonic() - started, text


class Place:
    """A folder with a configuration for these feeds, and an address list for the floor program."""

    def __init__(self, folder, urls):
        self.folder = pathlib.Path(folder)
        self.urls = self.folder / "urls.txt"
        self.urls.write_text("\n".join(urls) + "\n")
        (self.folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in urls))
        (self.folder / "courant.toml").write_text(
            'state_dir = "state"\n[poll]\nhost_spacing = "0s"\nper_host = 4\n[fetch]\nallow_private = ["127.0.0.0/8"]\n'
            '[article]\nmode = "never"\n[story]\ndedupe = "off"\n[serve]\nlisten = "127.0.0.1:0"\n'
        )

    def once(self, binary):
        return measured([binary, "--config", self.folder / "courant.toml", "once", "--all"])

    def floor(self, binary):
        return measured([binary, "poll", self.urls, self.folder / "limits.db", "--fts", "1"])


def median(rows, column):
    return statistics.median(row[column] for row in rows)


def row(name, ours, theirs, unit, bar):
    beside = f"{theirs:10.3f}  {ours / theirs:6.2f} ×" if theirs else " " * 20
    print(f"{name:34} {ours:10.3f} {beside} {unit:4} {bar}", flush=True)


def cold_and_unchanged(a):
    rows = {name: [] for name in ("cold", "floor cold", "unchanged", "floor unchanged", "fetch")}
    with Origin(a.origin, 1000, 30) as origin:
        for _ in range(a.runs):
            with tempfile.TemporaryDirectory() as folder:
                place = Place(folder, origin.urls)
                rows["floor cold"].append(place.floor(a.limits))
                rows["cold"].append(place.once(a.courant))
                for _ in range(3):
                    rows["floor unchanged"].append(place.floor(a.limits))
                rows["unchanged"].append(passes(a.courant, place))
                fetched = measured([a.limits, "fetch", place.urls, "--runs", "5"])[3]
                rows["fetch"].append((conditional(fetched, len(origin.urls)),))
    row("cold, CPU", median(rows["cold"], 0), median(rows["floor cold"], 0), "s", "limits poll --fts 1; at most 1.3 ×")
    row("cold, peak memory", max(r[1] for r in rows["cold"]), max(r[1] for r in rows["floor cold"]), "MB", "at most 64 MB")
    row("unchanged, CPU", median(rows["unchanged"], 0), median(rows["floor unchanged"], 0), "s", "limits poll")
    row("unchanged, CPU", median(rows["unchanged"], 0), median(rows["fetch"], 0), "s", "limits fetch, 304s; at most 1.5 ×")
    row("unchanged, peak memory", max(r[1] for r in rows["unchanged"]), max(r[1] for r in rows["floor unchanged"]), "MB", "at most 40 MB")


def conditional(table, n_feeds):
    """CPU seconds of the conditional requests by reqwest in the table of `limits fetch`."""
    found = re.search(r"fetch reqwest unchanged\t.*?([\d.]+) us cpu/feed", table)
    if not found:
        raise SystemExit("limits fetch: no row of 304s\n" + table)
    return float(found.group(1)) * n_feeds / 1e6


PASSES = 5


@contextlib.contextmanager
def service(binary, place):
    """The service of a place, after its first pass: its command line and its process id."""
    command = [binary, "--config", str(place.folder / "courant.toml")]
    process = subprocess.Popen(command + ["run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # Asked too early, `once` would be the owner itself, and the service would not start.
        for _ in range(300):
            if (place.folder / "state" / "courant.sock").exists():
                break
            time.sleep(0.1)
        subprocess.run(command + ["once"], stdout=subprocess.DEVNULL, check=True)
        yield command, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def passes(binary, place):
    """CPU seconds of a pass in the running service, without its start, and its peak MB."""
    with service(binary, place) as (command, pid):
        before = seconds(pid)
        for _ in range(PASSES):
            subprocess.run(command + ["once", "--all"], stdout=subprocess.DEVNULL, check=True)
        return (seconds(pid) - before) / PASSES, peak_memory(pid)


def seconds(pid):
    """CPU seconds of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid):
    """MB."""
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def growth(a):
    cost, peak = {}, {}
    for feeds in (1000, 10_000):
        with Origin(a.origin, feeds, 10) as origin, tempfile.TemporaryDirectory() as folder:
            place = Place(folder, origin.urls)
            cost[feeds], peak[feeds], *_ = place.once(a.courant)
            unchanged = passes(a.courant, place)
    row("cold, CPU, 10,000 feeds and 1,000", cost[10_000], cost[1000], "s", "at most 10.5 ×")
    row("cold, peak memory, 10,000 feeds", peak[10_000], peak[1000], "MB", "1,000 feeds; at most 64 MB")
    row("unchanged, peak memory, 10,000", unchanged[1], None, "MB", "at most 40 MB")
    row("unchanged, CPU a feed, 10,000", unchanged[0] / 10_000 * 1e6, None, "µs", "at most 30 µs")


def latency(a):
    with Origin(a.origin, 1000, 10) as origin, tempfile.TemporaryDirectory() as folder:
        place = Place(folder, origin.urls)
        origin.configure("median_ms=80&sigma_milli=1000&cap_ms=2000")
        row("1,000 feeds with latency, cold", place.once(a.courant)[2], 2.0, "s", "the slowest answer; at most 1.2 ×")
        row("1,000 feeds with latency, unchanged", place.once(a.courant)[2], 2.0, "s", "the slowest answer; at most 1.2 ×")


def hang():
    """A host that takes connections and never answers."""
    listener = socket.create_server(HANGING, backlog=512)
    held = []

    def accept():
        while True:
            held.append(listener.accept())

    threading.Thread(target=accept, daemon=True).start()


def hanging(a):
    hang()
    late = {}
    with Origin(a.origin, 1000, 10) as origin:
        origin.configure("median_ms=80&sigma_milli=1000&cap_ms=2000")
        for name, others in (("without", []), ("with", [f"http://{HANGING[0]}:{HANGING[1]}/{n}" for n in range(200)])):
            with tempfile.TemporaryDirectory() as folder:
                place = Place(folder, others + origin.urls)
                started = time.time()
                service = subprocess.Popen([a.courant, "--config", place.folder / "courant.toml", "once", "--all"],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(20)
                service.send_signal(signal.SIGTERM)
                service.wait()
                with sqlite3.connect(place.folder / "state" / "courant.db") as database:
                    polled = [at / 1000 - started for at, in database.execute(
                        "SELECT coalesce(last_polled, 9e15) FROM feeds WHERE url NOT LIKE ?", (f"http://{HANGING[0]}%",))]
            late[name] = statistics.quantiles(polled, n=100)[98]
    row("200 hanging feeds: p99 of the others", late["with"], late["without"], "s", f"without them; at most 1 s more ({late['with'] - late['without']:+.2f} s)")


def beside(a):
    """Both binaries in turn, the first one changing, so that neither has the quieter minutes."""
    if not a.beside:
        return
    for feeds, entries in ((1000, 30), (10_000, 10)):
        rows = {name: ([], []) for name in ("cold", "unchanged")}
        with Origin(a.origin, feeds, entries) as origin:
            for n in range(a.runs):
                for which in (0, 1) if n % 2 == 0 else (1, 0):
                    binary = (a.courant, a.beside)[which]
                    with tempfile.TemporaryDirectory() as folder:
                        place = Place(folder, origin.urls)
                        rows["cold"][which].append(place.once(binary))
                        rows["unchanged"][which].append(passes(binary, place))
        for name, (ours, theirs) in rows.items():
            for what, column, unit in (("CPU", 0, "s"), ("peak memory", 1, "MB")):
                row(f"{feeds} feeds, {name}, {what}", median(ours, column), median(theirs, column), unit, "beside; at most 1.03 ×")


PARTS = {"cold": cold_and_unchanged, "growth": growth, "latency": latency, "hanging": hanging, "beside": beside}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("courant"), ap.add_argument("origin"), ap.add_argument("limits")
    ap.add_argument("--runs", type=int, default=3), ap.add_argument("--only", default=",".join(PARTS)), ap.add_argument("--beside")
    a = ap.parse_args()
    print(f"{'':34} {'courant':>10} {'beside':>10}")
    for name in a.only.split(","):
        PARTS[name](a)


if __name__ == "__main__":
    main()
