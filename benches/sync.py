#!/usr/bin/env python3
"""How fast reading apps are answered over 100,000 stories of which 20,000 are unread, while a cold poll of 1,000 feeds runs and
while nothing else does.

usage: sync.py COURANT [--stories 100000] [--unread 20000] [--runs 5]

Feeds come from a small server of this script, on loopback. Each line: the call, its median and its slowest in milliseconds, and
what it may take. Times are those of the client, on the machine as it is: compare runs on one machine.
"""
import argparse
import http.client
import http.server
import itertools
import json
import multiprocessing
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

ENTRIES = 1000
WORDS = "harbour council lantern copper orbit meadow ledger violet engine quarry summit anchor granite timber signal canal".split()


class Feeds(http.server.BaseHTTPRequestHandler):
    """/FEED/N.xml: N entries with a text of a hundred words."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        feed, n = self.path.strip("/").removesuffix(".xml").split("/") if self.path.count("/") == 2 else ("robots", "0")
        now = time.time()
        items = []
        for k in range(int(n)):
            text = " ".join(WORDS[(k * 7 + at * (3 + k % 5)) % len(WORDS)] for at in range(100))
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now - k * 60))
            items.append(
                f"<item><title>{WORDS[k % 16]} {feed} {k}</title><link>http://{self.headers['Host']}/a/{feed}/{k}</link>"
                f"<guid>{feed}-{k}</guid><pubDate>{date}</pubDate><description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
            )
        body = f"<rss version='2.0'><channel><title>Feed {feed}</title>{''.join(items)}</channel></rss>".encode()
        self.send_response(200 if items else 404)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class App:
    def __init__(self, port, password):
        self.port, self.word = port, None
        login = self.ask("POST", "/accounts/ClientLogin", f"Email=bench&Passwd={password}")
        self.word = re.search(r"^Auth=(.*)$", login.decode(), re.M).group(1)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.word:
            headers["Authorization"] = f"GoogleLogin auth={self.word}"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        read = answer.read()
        assert answer.status == 200, (path, answer.status, read[:200])
        return read

    def list(self, n, more=""):
        return self.ask("GET", f"/reader/api/0/stream/items/ids?s=user/-/state/com.google/reading-list&n={n}{more}")

    def ids(self, n, more=""):
        return [item["id"] for item in json.loads(self.list(n, more))["itemRefs"]]

    def mark(self, ids, what):
        return self.ask("POST", "/reader/api/0/edit-tag", "&".join(f"i={i}" for i in ids) + f"&{what}=user/-/state/com.google/read")


UNREAD = "&xt=user/-/state/com.google/read"


def measure(app, when, runs):
    unread = app.ids(10_000, UNREAD)
    form = "&".join(f"i={i}" for i in unread[:250])
    flip = itertools.cycle("ar")

    def edit():
        app.mark(unread, next(flip))

    calls = [
        ("ids of 10,000 unread", 50, lambda: app.list(10_000, UNREAD)),
        ("ids of 10,000", None, lambda: app.list(10_000)),
        ("contents of 250", 100, lambda: app.ask("POST", "/reader/api/0/stream/items/contents", form)),
        ("unread-count", None, lambda: app.ask("GET", "/reader/api/0/unread-count")),
        ("edit-tag of 10,000", 200, edit),
    ]
    for name, most, call in calls:
        taken = []
        for _ in range(runs + runs % 2):
            started = time.monotonic()
            call()
            taken.append((time.monotonic() - started) * 1000)
        bar = f"at most {most} ms" if most else ""
        print(f"{name:24} {when:18} {statistics.median(taken):8.1f} {max(taken):8.1f} ms  {bar}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("courant", type=pathlib.Path)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--unread", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=5)
    a = parser.parse_args()
    source = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    # A process of its own: what it is busy with is not to delay the client.
    multiprocessing.get_context("fork").Process(target=source.serve_forever, daemon=True).start()
    base, port = f"http://127.0.0.1:{source.server_port}", free_port()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        listed = "".join(f'[[feed]]\nurl = "{base}/{n}/{ENTRIES}.xml"\ntags = ["t{n % 7}"]\n' for n in range(a.stories // ENTRIES))
        (folder / "feeds.toml").write_text(listed)
        (folder / "courant.toml").write_text(
            'state_dir = "state"\n[poll]\nhost_spacing = "0s"\nper_host = 8\n[fetch]\nallow_private = ["127.0.0.1"]\n[article]\nmode = "never"\n'
            f'[story]\ndedupe = "off"\n[serve]\nlisten = "127.0.0.1:{port}"\n[backup]\nevery = "0s"\n'
        )
        command = [a.courant.resolve(), "--config", folder / "courant.toml"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*command, "once", "--all"], check=True, **quiet)
        added = subprocess.check_output([*command, "sync", "add", "bench"], text=True)
        service = subprocess.Popen([*command, "run"], **quiet)
        try:
            for _ in range(100):
                try:
                    app = App(port, re.search(r"^password +(\S+)", added, re.M).group(1))
                    break
                except OSError:
                    time.sleep(0.1)
            every = app.ids(10**9)
            for at in range(a.unread, len(every), 10_000):
                app.mark(every[at : at + 10_000], "a")
            unread = len(app.ids(10**9, UNREAD))
            print(f"{len(every)} stories, {unread} unread")
            measure(app, "alone", a.runs)
            more = "".join(f'[[feed]]\nurl = "{base}/new-{n}/30.xml"\n' for n in range(1000))
            (folder / "feeds.toml").write_text(listed + more)
            polling = subprocess.Popen([*command, "once", "--all"], **quiet)
            measure(app, "in a cold poll", a.runs)
            print("the poll went on all the time" if polling.poll() is None else "the poll ended before the measurement did")
            polling.wait()
        finally:
            service.terminate()
            service.wait()


main()
