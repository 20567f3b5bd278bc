#!/usr/bin/env python3
"""Replays what reading apps ask, in their three protocols, against a service of its own for each, and holds each to all of it.

usage: sync.py COURANT SHARED [greader|miniflux|fever …]

Exit 0 only if every check passes. Nothing leaves loopback.
"""
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

courant, shared = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
checkers = shared / "eval" / "sync"
# What each is asked: its address under the server's, and how many checks it has.
PROTOCOLS = {"greader": ("/api/greader.php", 131), "miniflux": ("", 39), "fever": ("/fever/", 27)}
FOLDERS = {0: "Tech", 1: "Café & Co", 2: "Science"}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait(what, ready):
    for _ in range(300):
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit(f"never: {what}")


def answers(url):
    with urllib.request.urlopen(url) as answer:
        return answer.status == 200


def run(protocol, folder):
    path, n_checks = PROTOCOLS[protocol]
    source, port = free_port(), free_port()
    feeds = "".join(
        f'[[feed]]\nurl = "http://127.0.0.1:{source}/feed/{n}.xml"\ntags = ["{FOLDERS[n % 3]}"]\n' for n in range(1, 7)
    )
    (folder / "feeds.toml").write_text(feeds)
    (folder / "courant.toml").write_text(
        f'state_dir = "state"\n[poll]\nhost_spacing = "0s"\nper_host = 4\n[fetch]\nallow_private = ["127.0.0.1:{source}"]\n'
        f'[article]\nmode = "never"\nmax_wait = "0s"\n[serve]\nlisten = "127.0.0.1:{port}"\nper_peer = 64\n[backup]\nevery = "0s"\n'
    )
    command = [str(courant), "--config", str(folder / "courant.toml")]
    origin = subprocess.Popen([sys.executable, checkers / "origin.py", "--port", str(source)], stdout=subprocess.DEVNULL)
    service = None
    try:
        wait("the origin answers", lambda: answers(f"http://127.0.0.1:{source}/opml"))
        service = subprocess.Popen([*command, "run"], stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w"))
        wait("the service answers", lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        # A second more: a checker tells apart what it marked before a refresh and what came by it, in whole seconds.
        refresh = " ".join([*command, "once", "--all", "&&", "sleep", "1"])
        subprocess.run(refresh, shell=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        added = subprocess.check_output([*command, "sync", "add", "checker"], text=True)
        password = re.search(r"^password +(\S+)", added, re.M).group(1)
        options = ["--origin", f"http://127.0.0.1:{source}", "--refresh", refresh]
        options += {"greader": ["--stories"], "miniflux": ["--token", password], "fever": []}[protocol]
        checker = [sys.executable, checkers / f"{protocol}_check.py", f"http://127.0.0.1:{port}{path}", "checker", password]
        done = subprocess.run([str(part) for part in [*checker, *options]], stdout=subprocess.PIPE, text=True)
    finally:
        for process in (service, origin):
            if process:
                process.terminate()
                process.wait()
    for line in done.stdout.splitlines():
        if not line.startswith("PASS"):
            print(line, flush=True)
    return f"{protocol}: {n_checks}/{n_checks}" in done.stdout and done.returncode == 0


def main():
    failed = []
    for protocol in sys.argv[3:] or PROTOCOLS:
        with tempfile.TemporaryDirectory() as folder:
            if not run(protocol, pathlib.Path(folder)):
                failed.append(protocol)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


main()
