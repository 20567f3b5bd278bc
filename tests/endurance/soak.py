#!/usr/bin/env python3
"""The service for an hour against the feed simulator, with faults and ticks at a hundred times the speed of the world and
retention on: memory, size on disk, descriptors and tasks must not grow in the second half, when the window of retention is full.
What the descriptors are is told at the end.

usage: soak.py COURANT ORIGIN [MINUTES [PLOT.svg]]

ORIGIN is the simulator of feeds (feed-origin). Feeds are polled every 36 s (an hour, at that speed), and each tells an entry in
86 s (ten a day); what is older than a sixth of the run is pruned; backups, questions and edits of outputs go on all the time.
"""
import collections
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from common import get

PORT, FEEDS, HOSTS = 8610, 100, 50
TICK_SECONDS, SAMPLE_SECONDS = 15, 5
# Per mille of the feeds that tell an entry at each tick.
SHARE = round(1000 * TICK_SECONDS / 86.4)
FAULTS = "e5xx=20&reset=10&hang=2&truncate=5&hang_s=5"

courant, origin = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
minutes = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
plot = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
window = minutes * 60 / 6

CONFIG = f"""state_dir = "state"
[poll]
interval = "36s"
min_interval = "36s"
max_interval = "3m"
adaptive = false
[fetch]
timeout = "4s"
allow_private = ["127.0.0.0/8"]
[store]
reserve = "1MB"
keep = "{round(window)}s"
keep_stories = 0
[backup]
every = "{round(window)}s"
[serve]
listen = "127.0.0.1:0"
"""

# What is watched, its unit, and by how much its trend may rise in an hour.
MEASURES = [("memory", "MB", 1.0), ("disk", "MB", 1.0), ("descriptors", "", 2.0), ("tasks", "", 2.0)]


def control(what, method="POST"):
    return urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}/{what}", method=method)).read()


def sample(pid, state):
    proc = pathlib.Path(f"/proc/{pid}")
    memory = int(re.search(r"VmRSS:\s+(\d+)", (proc / "status").read_text()).group(1)) / 1024
    # The log is cut at its limit, and comes and goes below it: the file is what may grow.
    disk = (state / "courant.db").stat().st_size / 1e6
    return memory, disk, len(os.listdir(proc / "fd")), len(os.listdir(proc / "task"))


def held(pid):
    """What the descriptors are: how many of each file, sockets, and so on."""
    kinds = collections.Counter()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            kinds[pathlib.Path(os.readlink(link)).name.split(":")[0]] += 1
        except OSError:
            pass  # Closed meanwhile.
    return kinds


def slope_of_counts(times, values):
    """The trend of a number of things, an hour: half of all pairs of minutes rise more, by the fewest there were in each. How many
    there are at most says how much is going on, which other work on the machine changes; what leaks is still there when least is
    going on. What a pool opens once and keeps is a step, and no trend by this; what leaks rises between any two minutes that are
    far apart. So it sees no less than two steps: of the half hour that a run of an hour judges, a leak of four an hour."""
    fewest = {}
    for t, value in zip(times, values):
        fewest[t // 60] = min(value, fewest.get(t // 60, value))
    pairs = [(b_n - a_n) / (b - a) * 60 for a, a_n in fewest.items() for b, b_n in fewest.items() if a < b]
    return statistics.median(pairs) if pairs else 0.0


def slope(times, values):
    """A least-squares trend, an hour."""
    mean_t, mean_v = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - mean_t) ** 2 for t in times)
    return sum((t - mean_t) * (v - mean_v) for t, v in zip(times, values)) / spread * 3600


def draw(samples, trends):
    """One panel a measure, over minutes."""
    width, height, left = 720, 110, 70
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height * len(MEASURES) + 24}" font-family="sans-serif" font-size="11">',
             f'<rect width="{width}" height="{height * len(MEASURES) + 24}" fill="white"/>']
    end = samples[-1][0]
    for at, (name, unit, _) in enumerate(MEASURES):
        values = [row[1][at] for row in samples]
        top, low, high = at * height + 22, 0.0, max(values) * 1.1 or 1.0
        x = lambda t: left + t / end * (width - left - 12)
        y = lambda v: top + (height - 34) * (1 - (v - low) / (high - low))
        points = " ".join(f"{x(t):.1f},{y(row[at]):.1f}" for t, row in samples)
        parts += [f'<text x="8" y="{top - 6}">{name}{", " + unit if unit else ""}: {trends[at]:+.2f} an hour in the second half</text>',
                  f'<text x="{left - 6}" y="{y(high / 1.1) + 4:.1f}" text-anchor="end">{high / 1.1:.0f}</text>',
                  f'<text x="{left - 6}" y="{y(0) + 4:.1f}" text-anchor="end">0</text>',
                  f'<path d="M{left} {y(0):.1f}H{width - 12}" stroke="#ccc"/>',
                  f'<polyline points="{points}" fill="none" stroke="#26547c"/>']
    parts.append(f'<text x="{width - 12}" y="{height * len(MEASURES) + 16}" text-anchor="end">{end / 60:.0f} minutes</text></svg>')
    plot.write_text("\n".join(parts) + "\n")


def watch(folder):
    """Samples of the service while the world goes on; and what it says of itself at the end."""
    state, command = folder / "state", [courant, "--config", str(folder / "courant.toml")]
    log = folder / "log"
    service = subprocess.Popen(command + ["run"], stdout=subprocess.DEVNULL, stderr=open(log, "w"))
    while "serving on " not in log.read_text():
        if service.poll() is not None:
            raise SystemExit(f"FAIL it does not serve: {log.read_text()}")
        time.sleep(0.05)
    address = log.read_text().split("serving on ")[1].split()[0]
    samples, kinds, begun, n = [], [], time.monotonic(), 0
    try:
        while (passed := time.monotonic() - begun) < minutes * 60:
            if service.poll() is not None:
                raise SystemExit(f"FAIL the service ended after {passed:.0f} s: {log.read_text()[-3000:]}")
            samples.append((passed, sample(service.pid, state)))
            kinds.append(held(service.pid))
            if n % (TICK_SECONDS // SAMPLE_SECONDS) == 0:
                control(f"tick?share={SHARE}&k=1")
                get(f"{address}feeds/all.atom")
                get(address)
            if n % 12 == 5:
                # Nothing is pruned by itself before the third day.
                subprocess.run(command + ["db", "prune"], check=True, capture_output=True)
                subprocess.run(command + ["search", "report"], capture_output=True)
            n += 1
            time.sleep(max(0.0, begun + n * SAMPLE_SECONDS - time.monotonic()))
        status = json.loads(subprocess.run(command + ["status", "--format", "json"], check=True, capture_output=True).stdout)
    finally:
        service.terminate()
        service.wait()
    checked = subprocess.run(command + ["db", "check"], capture_output=True, text=True)
    if checked.returncode != 0 or "panicked" in log.read_text():
        raise SystemExit(f"FAIL {checked.stdout}{checked.stderr}{log.read_text()[-3000:]}")
    return samples, kinds, status


def main():
    simulator = subprocess.Popen(
        [origin, "--feeds", str(FEEDS), "--entries", "10", "--hosts", str(HOSTS), "--formats", "rss,atom", "--port", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urls = control("urls.txt", "GET").decode().split()
                break
            except OSError:
                time.sleep(0.1)
        control(f"config?{FAULTS}")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in urls))
            (folder / "courant.toml").write_text(CONFIG)
            samples, kinds, status = watch(folder)
    finally:
        simulator.terminate()
        simulator.wait()
    # The first window fills it, the next two bring the free pages, the caches and the kept connections to their size: a step there
    # is no trend.
    steady = [(t, row) for t, row in samples if t > 3 * window]
    trends = []
    for at, (name, *_) in enumerate(MEASURES):
        trend = slope_of_counts if name in ("descriptors", "tasks") else slope
        trends.append(trend([t for t, _ in steady], [row[at] for _, row in steady]))
    if plot:
        draw(samples, trends)
    last = steady[-1][1]
    said = ", ".join(f"{name} {value:.1f}{' ' + unit if unit else ''} ({trend:+.2f} an hour)" for (name, unit, _), value, trend in zip(MEASURES, last, trends))
    # The fewest and the most of each kind in the first half of that, and in the second.
    half = len(kinds) - len(steady) + len(steady) // 2
    parts = (kinds[len(kinds) - len(steady) : half], kinds[half:])
    ranges = {name: [f"{min(at[name] for at in part)}–{max(at[name] for at in part)}" for part in parts] for name in set().union(*kinds)}
    changes = [f"{name} {' → '.join(ranges[name])}" for name in sorted(ranges)]
    print(f"descriptors, how many of each kind in the first and the second half of what is judged: {', '.join(changes)}")
    n_pruned = status["growth"]["n_pruned"]
    risen = [name for (name, _, most), trend in zip(MEASURES, trends) if trend > most and minutes >= 60]
    if risen or n_pruned == 0:
        raise SystemExit(f"FAIL {', '.join(risen) or 'nothing was pruned'}: {said}")
    print(f"ok   {minutes:.0f} minutes, {status['entries'] + n_pruned} entries, {n_pruned} of them pruned: {said}")


main()
