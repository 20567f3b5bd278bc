#!/usr/bin/env python3
"""Real reading apps against the replayed world: each logs in, lists, has every story once, and state that is changed on either
side is seen on the other.

usage: run.py COURANT SHARED [newsboat|liferea|rssguard …]

Needs the evaluation data, and from Debian's packages what is asked for: newsboat tmux curl sqlite3; liferea, rssguard with xvfb
xdotool dbus-x11. Nothing leaves loopback.
"""
import base64
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from liferea import Liferea
from rssguard import RssGuard

courant, shared = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
clients, world = shared / "eval" / "sync" / "clients", shared / "world" / "world.py"


def check(name, right, got):
    print(f"{'ok  ' if right else 'FAIL'} {name}: {got}", flush=True)
    if not right:
        sys.exit(1)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """The world, the service on it, and one app's way in."""

    def __init__(self, folder):
        self.source, port = free_port(), free_port()
        urls = subprocess.check_output([sys.executable, world, "--list", "--port", str(self.source)], text=True).split()
        (folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\ntags = ["world"]\n' for url in urls))
        (folder / "courant.toml").write_text(
            f'state_dir = "state"\n[poll]\nhost_spacing = "0s"\n[fetch]\nallow_private = ["127.0.1.0/24:{self.source}"]\n'
            f'[serve]\nlisten = "127.0.0.1:{port}"\n[backup]\nevery = "0s"\n'
        )
        self.command = [str(courant), "--config", str(folder / "courant.toml")]
        ready = folder / "ready"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes = [subprocess.Popen([sys.executable, world, "--port", str(self.source), "--ready", str(ready)], **quiet)]
        self.url = f"http://127.0.0.1:{port}"
        self.until(ready.exists)
        self.processes.append(subprocess.Popen([*self.command, "run"], stdout=subprocess.DEVNULL, stderr=open(folder / "log", "w")))
        self.until(lambda: self.is_up())
        self.once()
        added = subprocess.check_output([*self.command, "sync", "add", "reader"], text=True)
        self.password = re.search(r"^password +(\S+)", added, re.M).group(1)

    def until(self, ready):
        for _ in range(300):
            if ready():
                return
            time.sleep(0.1)
        sys.exit("it does not start")

    def is_up(self):
        try:
            return urllib.request.urlopen(f"{self.url}/healthz").status == 200
        except OSError:
            return False

    def once(self):
        subprocess.run([*self.command, "once", "--all"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def tick(self):
        urllib.request.urlopen(f"http://127.0.1.1:{self.source}/tick").read()
        self.once()

    def ask(self, method, path, body=None):
        word = base64.b64encode(f"reader:{self.password}".encode()).decode()
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", data, {"Authorization": f"Basic {word}"}, method=method)
        answer = urllib.request.urlopen(request).read()
        return json.loads(answer) if answer else None

    def count(self, query=""):
        return self.ask("GET", f"entries?limit=1&{query}")["total"]

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()


def client(script, *arguments, server):
    runner = [sys.executable] if script.endswith(".py") else ["bash"]
    done = subprocess.run(
        [*runner, str(clients / script), *arguments, server.url, "reader", server.password], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    figures = {name: int(number) for name, number in re.findall(r"([\w-]+)=(\d+)", done.stdout)}
    return done, figures


def newsboat(server):
    sync = lambda: client("client_newsboat.sh", "miniflux", server=server)
    total = server.count()
    done, got = sync()
    check("newsboat: first sync, every story once", done.returncode == 0 and got.get("items") == total == got.get("unread"), got)
    check("newsboat: each with title, link and text", got.get("without-title-url-or-text") == 0, got)
    some = server.ask("GET", "entries/ids?limit=5")["entry_ids"]
    server.ask("PUT", "entries", {"entry_ids": some, "status": "read"})
    done, got = sync()
    check("newsboat: what was read elsewhere is read", got.get("unread") == total - 5, got)
    done, _ = client("client_newsboat_read.sh", server=server)
    check("newsboat: what is read there is read here", done.returncode == 0, done.stdout.strip().splitlines()[-1])
    server.tick()
    done, got = sync()
    check("newsboat: new stories arrive", got.get("items") == server.count() > total, got)


def liferea(server):
    # Of what it has already it takes no marks, and forgets its stars.
    with_windows("liferea", Liferea, "items WHERE length(coalesce(description, '')) < 20", server, takes_marks=False)


def rssguard(server):
    with_windows("RSS Guard", RssGuard, "Messages WHERE length(coalesce(contents, '')) < 20", server)


def with_windows(name, app, without_text, server, takes_marks=True):
    folder = tempfile.mkdtemp()
    try:
        running = app(pathlib.Path(folder))
        try:
            running.open(server)
            marks(name, running, server, takes_marks)
            check(f"{name}: each with text", running.ask(f"SELECT count(*) FROM {without_text}") == 0, "none without")
        finally:
            running.screen.stop()
    finally:
        # A desktop's own mounts may stay in it.
        shutil.rmtree(folder, ignore_errors=True)


def marks(name, app, server, takes_marks):
    counts = lambda: (server.count(), server.count("status=unread"), server.count("starred=true"))
    here, there = counts(), app.figures()
    check(f"{name}: every story once, unread and starred as here", there == here, there)
    app.star_one()
    check(f"{name}: what is read and starred there is so here", counts() == (here[0], here[1] - 1, here[2] + 1), counts())
    if takes_marks:
        some = server.ask("GET", "entries/ids?limit=3&status=unread")["entry_ids"]
        server.ask("PUT", "entries", {"entry_ids": some, "status": "read"})
        server.ask("PUT", f"entries/{some[0]}/bookmark")
        there = app.sync()
        check(f"{name}: what is read and starred here is so there", there == counts(), there)
    server.tick()
    there, n = app.sync(), 3 if takes_marks else 2
    check(f"{name}: new stories arrive", there[:n] == counts()[:n] and there[0] > here[0], there)


def main():
    known = {"newsboat": newsboat, "liferea": liferea, "rssguard": rssguard}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder))
        try:
            for name in sys.argv[3:] or known:
                known[name](server)
        finally:
            server.stop()


main()
