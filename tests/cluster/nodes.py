"""Nodes of a cluster: each with a folder, a configuration, a user agent and a port of its own. What the drills know of
courant's commands and tables is here alone.
"""
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import time
import urllib.request

from postgres import libc, wait_for

# Tables of a replica that are its own, or that the text index keeps as it likes.
OWN_TABLES = re.compile(r"^(replica|search|search_.*|sqlite_.*)$")

# The last record of the log that is in a replica.
APPLIED = "SELECT seq FROM replica"

# What the engine's tables say, in PostgreSQL.
LEADER = "SELECT node FROM courant_lead WHERE until > clock_timestamp()"
NEWEST = "SELECT coalesce(max(seq), 0) FROM courant_log"

COMMANDS = {
    "create": ("cluster", "create"), "join": ("cluster", "join"), "run": ("run",), "status": ("cluster", "status"),
    "yield": ("cluster", "yield"), "check": ("cluster", "check"), "remove": ("cluster", "remove"), "reseed": ("cluster", "reseed"),
    "let in": ("sync", "add"), "refetch": ("feed", "refetch"), "reload": ("reload",),
}

# Names of apps that a person let in, in a replica.
APPS = "SELECT name FROM apps"

# What a person is told where nobody knows whether it was done.
NOT_KNOWN = ("it is not known whether this was done", "ended before it answered")

CONFIG = """
state_dir = "state"
{cluster}
[poll]
interval = "{interval}s"
min_interval = "{interval}s"
adaptive = false
jitter = 0.0
host_spacing = "{spacing_ms}ms"
[fetch]
timeout = "40s"
header_timeout = "40s"
contact = "https://{name}.example/"
allow_private = ["127.77.0.0/16:{port}"]
[article]
mode = "never"
[store]
reserve = "1MB"
[backup]
every = "0s"
[serve]
listen = "127.0.0.1:0"
base_url = "http://127.77.255.1"
"""


class Node:
    """A folder with a replica, and the process that serves from it, if it runs."""

    def __init__(self, courant, folder, name, url, origin, interval, spacing, changes=None):
        """`changes`: what is otherwise in its configuration and in its list."""
        self.courant, self.path, self.name, self.process, self.address = str(pathlib.Path(courant).resolve()), pathlib.Path(folder) / name, name, None, None
        self.path.mkdir()
        self.env = {"HOME": str(self.path), "PATH": os.environ["PATH"], "TZ": "UTC"}
        cluster = f'[cluster]\nurl = "{url}"\nnode = "{name}"\n' if url else ""
        config = CONFIG.format(cluster=cluster, interval=interval, spacing_ms=int(spacing * 1000), name=name, port=origin.port)
        feeds = "".join(f'[[feed]]\nurl = "{url}"\narticle = "never"\n' for url in origin.urls())
        for file, text in (("courant.toml", config), ("feeds.toml", feeds)):
            for old, new in (changes or {}).items():
                text = text.replace(old, new)
            (self.path / file).write_text(text)
        self.database = self.path / "state" / "courant.db"

    def command(self, what, *words):
        return [self.courant, "--config", str(self.path / "courant.toml"), *COMMANDS[what], *words]

    def do(self, what, *words, check=True):
        done = subprocess.run(self.command(what, *words), env=self.env, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise SystemExit(f"FAIL {self.name}: courant {' '.join(COMMANDS[what])}: {done.stdout}{done.stderr}")
        return done

    def start(self):
        """`courant run`; returns when it serves."""
        log = open(self.path / "log", "a")
        before = (self.path / "log").stat().st_size
        self.process = subprocess.Popen(self.command("run"), env=self.env, stdout=subprocess.DEVNULL, stderr=log, preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))
        log.close()

        def serves():
            if self.process.poll() is not None:
                raise SystemExit(f"FAIL {self.name} has ended: {self.log()[-2000:]}")
            said = (self.path / "log").read_bytes()[before:].decode()
            self.address = said.split("serving on ")[1].split()[0].rstrip("/") if "serving on " in said else None
            return self.address

        wait_for(serves, 60, f"{self.name} does not serve")

    def log(self):
        return (self.path / "log").read_text()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.process = None

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def cpu(self):
        """Seconds that its process has worked."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def applied(self):
        """The last record that is in its replica; None where it cannot be read just now."""
        try:
            with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5) as replica:
                row = replica.execute(APPLIED).fetchone()
                return row and row[0]
        except sqlite3.OperationalError:
            return None

    def copy(self, to):
        """Its replica as it is at one moment."""
        source, target = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30), sqlite3.connect(to)
        source.backup(target)
        source.close()
        return target

    def get(self, path):
        """Status, ETag and body."""
        # One whose database was replaced serves anew, in the same process.
        self.address = self.log().rsplit("serving on ", 1)[1].split()[0].rstrip("/")
        try:
            with urllib.request.urlopen(self.address + path, timeout=30) as answer:
                return answer.status, answer.headers["ETag"], answer.read()
        except urllib.error.HTTPError as error:
            return error.code, None, error.read()


def name_of(agent):
    """Whose user agent it is."""
    found = re.search(r"https://(\w+)\.example/", agent)
    return found and found.group(1)


def running(nodes):
    return [node for node in nodes if node.process]


def settled(nodes, seconds=30):
    """Until all are at the same record for a second; that record."""
    deadline, since, last = time.monotonic() + seconds, None, None
    while time.monotonic() < deadline:
        seqs = [node.applied() for node in running(nodes)]
        if None in seqs or len(set(seqs)) != 1 or seqs[0] != last:
            since, last = time.monotonic(), seqs[0]
        elif time.monotonic() - since > 1:
            return last
        time.sleep(0.05)
    raise SystemExit(f"FAIL the nodes do not come to the same record: {seqs}")
