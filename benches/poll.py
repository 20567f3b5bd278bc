#!/usr/bin/env python3
"""The cost of a poll: courant beside the floor program, on the same simulated feeds, in one run, in turn.

usage: poll.py COURANT ORIGIN LIMITS [--feeds 1000] [--entries 30] [--runs 3]

ORIGIN is the feed simulator (feed-origin), LIMITS the floor program (limits). Prints CPU seconds (user and system,
the whole process), peak memory, and the ratio of the medians, cold and unchanged. Articles off, dedupe off.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import urllib.request

PORT = 8500


def cpu(command, **options):
    """CPU seconds and peak MB of a command."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command}: status {status}\n{errors.decode()[-2000:]}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("courant"), ap.add_argument("origin"), ap.add_argument("limits")
    ap.add_argument("--feeds", type=int, default=1000), ap.add_argument("--entries", type=int, default=30), ap.add_argument("--runs", type=int, default=3)
    a = ap.parse_args()
    server = subprocess.Popen(
        [a.origin, "--feeds", str(a.feeds), "--entries", str(a.entries), "--hosts", "250", "--formats", "rss,atom", "--port", str(PORT)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    rows = {"limits cold": [], "courant cold": [], "limits unchanged": [], "courant unchanged": []}
    try:
        for _ in range(100):
            try:
                urls = urllib.request.urlopen(f"http://127.0.0.1:{PORT}/urls.txt").read().decode()
                break
            except OSError:
                time.sleep(0.1)
        for run in range(a.runs):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                (folder / "urls.txt").write_text(urls)
                (folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in urls.split()))
                (folder / "courant.toml").write_text(
                    'state_dir = "state"\n[poll]\nhost_spacing = "0s"\nper_host = 4\n[fetch]\nallow_private = ["127.0.0.0/8"]\n'
                    '[article]\nmode = "never"\n[story]\ndedupe = "off"\n'
                )
                limits = [a.limits, "poll", str(folder / "urls.txt"), str(folder / "limits.db"), "--fts", "1"]
                courant = [a.courant, "--config", str(folder / "courant.toml"), "once", "--all"]
                rows["limits cold"].append(cpu(limits))
                rows["courant cold"].append(cpu(courant))
                for _ in range(3):
                    rows["limits unchanged"].append(cpu(limits))
                    rows["courant unchanged"].append(cpu(courant))
    finally:
        server.terminate()
        server.wait()
    medians = {}
    for name, figures in rows.items():
        medians[name] = statistics.median(c for c, _ in figures)
        print(f"{name:18} cpu {medians[name]:.3f} s (least {min(c for c, _ in figures):.3f})  peak {max(m for _, m in figures):.0f} MB")
    for kind in ("cold", "unchanged"):
        print(f"{kind}: {medians[f'courant {kind}'] / medians[f'limits {kind}']:.2f} × the floor")


main()
