"""What the runners share: a folder with feeds that are files, the program in it, and what must be true afterwards.

Nothing here needs the network or evaluation data.
"""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent


def shim(folder):
    """tests/faults/shim.c, compiled."""
    library = pathlib.Path(folder) / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE.parent / "faults" / "shim.c", "-ldl"], check=True)
    return library


class Home:
    """Feeds that grow with each tick, and the program that reads them."""

    def __init__(self, courant, n_feeds=6, config=""):
        self.courant, self.folder = str(pathlib.Path(courant).resolve()), tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.n = [0] * n_feeds
        self.env = {"HOME": str(self.path), "PATH": os.environ["PATH"], "TZ": "UTC"}
        (self.path / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "file://{self.path}/{feed}.xml"\narticle = "never"\n' for feed in range(n_feeds)))
        (self.path / "courant.toml").write_text('state_dir = "state"\n' + config + '[serve]\nlisten = "127.0.0.1:0"\n')
        for feed in range(n_feeds):
            self.tick(feed, 5)

    def tick(self, feed, n=1):
        """The feed has so many entries more; all that it ever had stay in it."""
        self.n[feed] += n
        words = ["harbour", "neutrino", "bakery", "compiler", "canyon", "keyboard", "satellite", "parking", "telescope", "orchard"]
        item = lambda i: (
            f"<item><guid>{feed}-{i}</guid><link>https://site{feed}.example/{i}</link><title>Report {i} of feed {feed} on the {words[(feed * 7 + i) % 10]}</title>"
            f"<description>{' '.join(random.Random(feed * 1000 + i).choices(words, k=120))} {feed}-{i}</description></item>"
        )
        text = f"<rss version='2.0'><channel><title>Feed {feed}</title>{''.join(item(i) for i in range(self.n[feed]))}</channel></rss>"
        new = self.path / f"{feed}.new"
        new.write_text(text)
        new.rename(self.path / f"{feed}.xml")

    def command(self, *words):
        return [self.courant, "--config", str(self.path / "courant.toml"), *words]

    def run(self, *words, env=None, timeout=120):
        return subprocess.run(self.command(*words), env={**self.env, **(env or {})}, capture_output=True, text=True, timeout=timeout)

    def start(self, env=None):
        """`courant run`, once it serves; the process, its address, and how long that took."""
        log = open(self.path / "log", "w")
        begun = time.monotonic()
        process = subprocess.Popen(self.command("run"), env={**self.env, **(env or {})}, stdout=subprocess.DEVNULL, stderr=log)
        while True:
            text = (self.path / "log").read_text()
            if "serving on " in text:
                return process, text.split("serving on ")[1].split()[0], time.monotonic() - begun
            if process.poll() is not None or time.monotonic() - begun > 60:
                raise SystemExit(f"FAIL it does not serve: {text}")
            time.sleep(0.005)

    def status(self):
        return json.loads(self.run("status", "--format", "json").stdout)

    def whole(self, when, entries=True):
        """Nothing lost, nothing twice, and whole."""
        checked = self.run("db", "check")
        if checked.returncode != 0:
            raise SystemExit(f"FAIL {when}: {checked.stdout}{checked.stderr}")
        if entries:
            last = self.run("once", "--all")
            status = self.status()
            found, expected = status["entries"] + status["growth"]["n_pruned"], sum(self.n)
            if last.returncode != 0 or found != expected:
                raise SystemExit(f"FAIL {when}: {found} entries of {expected}, pruned ones counted: {last.stdout}{last.stderr}")


def get(url):
    return urllib.request.urlopen(url, timeout=30).read()
