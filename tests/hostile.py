#!/usr/bin/env python3
"""The whole program against a hostile origin: every case alone, then all at once beside healthy feeds.

usage: hostile.py COURANT HOSTILE_ORIGIN.py [--only ID,ID…] [--alone | --together] [--namespace]

HOSTILE_ORIGIN.py serves one attack a URL and a manifest that says what must hold. Alone: each case is a feed (or, for
pages, the link of a feed's only entry) of a fresh database, polled as often as the manifest says; held against it are
the entries stored, the recorded error, seconds, memory beyond that of a healthy feed, requests, what the outputs and
the terminal show. Together: the service polls all of them for half a minute, and the healthy feeds, on a host of their
own, as well: they must be polled as often as without the others. The "internal" service must never be reached.

--namespace: in a network namespace of its own (`unshare -rn`), where the cases that aim outside loopback run too.
Prints a table; exit code 1 where something does not hold.
"""
import argparse
import concurrent.futures
import html
import http.server
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import xml.etree.ElementTree as ElementTree

from tree_judge import judge

PORT, HEALTHY_PORT, LINKS_PORT = 8600, 8640, 8660
HEALTHY_HOST = "127.0.0.9"
INTERVAL = 1
TOGETHER_SECONDS = 30
# Controls (but line feed and tab), DEL, C1 and the characters that turn the direction of text.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ADDRESSES_INSIDE = [
    "169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "192.0.0.192", "100.100.100.200",
]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def hits(port=PORT):
    return json.loads(get(f"http://{HEALTHY_HOST if port == HEALTHY_PORT else '127.0.0.1'}:{port}/_hits"))


class Links(http.server.BaseHTTPRequestHandler):
    """A feed whose only entry links to a page of the origin."""

    def do_GET(self):
        page = self.path.rsplit("/", 1)[-1]
        body = (f"<rss version='2.0'><channel><title>{page}</title><item><guid>1</guid><title>A page called {page}</title>"
                f"<link>http://127.0.0.1:{PORT}/c/{page}</link></item></channel></rss>").encode()
        known = self.path.startswith("/page/")
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body) if known else 0))
        self.end_headers()
        if known:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def feed_of(case):
    return f"http://127.0.0.1:{LINKS_PORT}/page/{case['id']}" if case["kind"] == "page" else case["url"]


def configure(folder, feeds, allowed, interval):
    allowed = allowed + [f"127.0.0.1:{LINKS_PORT}", f"{HEALTHY_HOST}:{HEALTHY_PORT}"]
    (folder / "feeds.toml").write_text("".join(f"[[feed]]\nurl = {json.dumps(feed)}\n" for feed in feeds))
    (folder / "courant.toml").write_text(
        f'state_dir = "state"\n[poll]\nhost_spacing = "0s"\nper_host = 4\ninterval = "{interval}s"\nmin_interval = "{interval}s"\n'
        f'adaptive = false\n[fetch]\ntimeout = "8s"\nallow_private = {json.dumps(allowed)}\n[article]\nmode = "always"\nmax_wait = "1s"\n'
        '[serve]\nlisten = "127.0.0.1:0"\n[[output]]\nname = "all"\ntitle = "All"\nlimit = 1000\n'
    )


# A process is charged with the memory of the one that it was forked from: this one is small.
MEASURE = """
import os, sys, time
started = time.monotonic()
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)])
_, status, usage = os.wait4(child, 0)
print([os.waitstatus_to_exitcode(status), time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss])
"""


class Courant:
    def __init__(self, binary, folder):
        self.command = [binary, "--config", str(folder / "courant.toml")]
        self.database = folder / "state" / "courant.db"

    def run(self, *arguments):
        """Exit status (negative: by a signal), output, seconds, CPU seconds and peak MB."""
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out"
            measured = subprocess.run([sys.executable, "-ISc", MEASURE, out, *self.command, *arguments], stdout=subprocess.PIPE, check=True)
            status, seconds, cpu, kilobytes = json.loads(measured.stdout)
            return status, out.read_bytes().decode("utf-8", "replace"), seconds, cpu, kilobytes / 1024

    def query(self, sql, *values):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            return database.execute(sql, values).fetchall()


def outputs(courant):
    """What is wrong with what readers and terminals are given."""
    wrong = []
    for format_name in ("atom", "rss", "json"):
        status, text, *_ = courant.run("render", "all", "--format", format_name)
        if status != 0:
            wrong.append(f"render {format_name}: exit {status}")
            continue
        if FORBIDDEN.search(text):
            wrong.append(f"{format_name} holds control characters")
        try:
            if format_name == "json":
                bodies = [item.get("content_html", "") for item in json.loads(text)["items"]]
                links = [item.get("url", "http://") for item in json.loads(text)["items"]]
            else:
                root = ElementTree.fromstring(text)
                name = {"atom": "{http://www.w3.org/2005/Atom}content", "rss": "{http://purl.org/rss/1.0/modules/content/}encoded"}[format_name]
                bodies = [element.text or "" for element in root.iter(name)]
                links = [element.text for element in root.iter("link")] + [
                    element.get("href") for element in root.iter("{http://www.w3.org/2005/Atom}link")]
        except (ElementTree.ParseError, ValueError) as error:
            wrong.append(f"{format_name} is not well-formed: {error}")
            continue
        for body in bodies:
            # Below the body stand our own lines of sources.
            wrong += [f"{format_name}: {what}" for what in judge(body) if what not in ("<footer>", "a without noopener")]
        wrong += [f"{format_name} links to {link}" for link in links if link and not re.match("https?:|mailto:|/", link)]
    for command in (["stories"], ["status"], ["feed", "list"]):
        status, text, *_ = courant.run(*command)
        if status not in (0, 4) or FORBIDDEN.search(text):
            wrong.append(f"{' '.join(command)}: exit {status} or control characters")
    return wrong


class Alone:
    """Every case by itself."""

    def __init__(self, binary, allowed):
        self.binary, self.allowed, self.usual = binary, allowed, 0

    def judge(self, case):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            configure(folder, [feed_of(case)], self.allowed, 1)
            courant = Courant(self.binary, folder)
            wrong, peak, longest, spent = [], 0, 0, 0
            before = hits()["cases"].get(case["id"], {"n": 0})["n"]
            for _ in range(case["polls"]):
                status, log, seconds, cpu, memory = courant.run("once", "--all")
                peak, longest, spent = max(peak, memory), max(longest, seconds), max(spent, cpu)
                if status not in (0, 5):
                    wrong.append(f"exit {status}")
                if FORBIDDEN.search(log):
                    wrong.append("control characters on the terminal")
            n_requests = hits()["cases"].get(case["id"], {"n": 0})["n"] - before
            wrong += self.stored(case, courant)
            wrong += outputs(courant)
            grown = peak - self.usual if self.usual else 0
            if longest > case["max_seconds"]:
                wrong.append(f"{longest:.1f} s, allowed {case['max_seconds']}")
            if grown > case["max_rss_growth_mb"]:
                wrong.append(f"{grown:.0f} MB more, allowed {case['max_rss_growth_mb']}")
            if case.get("max_requests") and n_requests > case["max_requests"]:
                wrong.append(f"{n_requests} requests, allowed {case['max_requests']}")
            return wrong, longest, spent, peak

    @staticmethod
    def stored(case, courant):
        (error,), = courant.query("SELECT error FROM feeds")
        (n_entries,), = courant.query("SELECT count(*) FROM entries")
        if case["kind"] == "page":
            articles = courant.query("SELECT state, why FROM articles")
            here = [state for state, _ in articles] == [1]
            if case["expect"] == "accept" and not here:
                return [f"no article: {articles}"]
            return ["an article was stored"] if case["expect"] == "reject" and here else []
        if case["expect"] == "accept":
            wrong = [f"error: {error}"] if error else []
            if case.get("entries") is not None and n_entries != case["entries"]:
                wrong.append(f"{n_entries} entries, not {case['entries']}")
            return wrong
        if case["expect"] == "reject" and (error is None or n_entries):
            return [f"no error, or {n_entries} entries"]
        return []


def together(binary, cases, allowed):
    """How the healthy feeds fare beside all others; returns what is wrong."""
    healthy = [f"http://{HEALTHY_HOST}:{HEALTHY_PORT}/c/control-{name}" for name in ("rss", "atom", "json")]
    counts, wrong = {}, []
    for label, others in (("by themselves", []), ("beside the others", [feed_of(case) for case in cases])):
        get(f"http://{HEALTHY_HOST}:{HEALTHY_PORT}/_reset")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            configure(folder, healthy + others, allowed, INTERVAL)
            courant = Courant(binary, folder)
            with open(folder / "log", "wb") as log:
                service = subprocess.Popen(courant.command + ["run"], stdout=log, stderr=log)
                time.sleep(TOGETHER_SECONDS)
                if service.poll() is not None:
                    wrong.append(f"the service ended: {service.returncode}")
                else:
                    status = pathlib.Path(f"/proc/{service.pid}/status").read_text()
                    peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
                    service.send_signal(signal.SIGTERM)
                if service.wait(timeout=20) != 0:
                    wrong.append(f"exit {service.returncode}")
            text = (folder / "log").read_text("utf-8", "replace")
            if FORBIDDEN.search(text):
                wrong.append("control characters in the log")
            counts[label] = [hits(HEALTHY_PORT)["cases"].get(f"control-{name}", {"n": 0})["n"] for name in ("rss", "atom", "json")]
            n_entries = courant.query(
                "SELECT count(*) FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE f.url LIKE ?", f"http://{HEALTHY_HOST}%")[0][0]
            if n_entries != 15:
                wrong.append(f"{label}: {n_entries} entries of the healthy feeds, not 15")
            print(f"{label}: {len(others) + 3} feeds, healthy ones polled {counts[label]} times in {TOGETHER_SECONDS} s, peak {peak:.0f} MB")
    if sum(counts["beside the others"]) < 0.8 * sum(counts["by themselves"]):
        wrong.append("the healthy feeds were polled less often")
    return wrong


def in_namespace():
    """This command again, alone with a loopback device that has the addresses inside."""
    if os.environ.get("IN_HOSTILE_NAMESPACE"):
        return False
    setup = "ip link set lo up; " + "".join(f"ip addr add {address}/32 dev lo; " for address in ADDRESSES_INSIDE)
    setup += "echo nameserver 127.0.0.1 >/tmp/courant-resolv.$$; mount --bind /tmp/courant-resolv.$$ /etc/resolv.conf; "
    command = setup + 'exec "$0" "$@"'
    os.environ["IN_HOSTILE_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "-rnm", "sh", "-ec", command, sys.executable, *sys.argv])
    return True


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("courant"), ap.add_argument("origin")
    ap.add_argument("--only", default=""), ap.add_argument("--namespace", action="store_true")
    ap.add_argument("--alone", action="store_true"), ap.add_argument("--together", action="store_true")
    a = ap.parse_args()
    if a.namespace:
        in_namespace()
    binary = str(pathlib.Path(a.courant).resolve())
    extra = ["--netns", "--dns-port", "53"] if a.namespace else []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    servers = [
        subprocess.Popen([sys.executable, a.origin, "--port", str(PORT), *extra], **quiet),
        subprocess.Popen([sys.executable, a.origin, "--host", HEALTHY_HOST, "--port", str(HEALTHY_PORT)], **quiet),
    ]
    links = http.server.ThreadingHTTPServer(("127.0.0.1", LINKS_PORT), Links)
    threading.Thread(target=links.serve_forever, daemon=True).start()
    bad = False
    try:
        for attempt in range(100):
            try:
                manifest, _ = json.loads(get(f"http://127.0.0.1:{PORT}/manifest.json")), hits(HEALTHY_PORT)
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("the origin does not answer")
        cases = [case for case in manifest["cases"] if a.namespace or not case.get("netns_only")]
        if a.only:
            cases = [case for case in cases if case["id"] in a.only.split(",")]
        if not a.together:
            alone = Alone(binary, manifest["allow_for_tests"])
            control = next(case for case in manifest["cases"] if case["id"] == "control-rss")
            alone.usual = alone.judge(control)[3]
            print(f"{'case':28} {'kind':5} {'expect':7} {'s':>5} {'CPU s':>6} {'MB':>5}")
            n_held = 0
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                for case, (wrong, seconds, cpu, peak) in zip(cases, pool.map(alone.judge, cases)):
                    n_held += not wrong
                    shown = "; ".join(html.escape(what) for what in wrong) or "holds"
                    print(f"{case['id']:28} {case['kind']:5} {case['expect']:7} {seconds:5.1f} {cpu:6.2f} {peak:5.0f} {shown[:300]}", flush=True)
            print(f"alone: {n_held} of {len(cases)} cases hold")
            bad |= n_held < len(cases)
        if not a.alone:
            wrong = together(binary, cases, manifest["allow_for_tests"])
            print("together: " + ("; ".join(wrong) or "holds"))
            bad |= bool(wrong)
        canary = hits()["canary"]
        print(f"the internal service: {len(canary)} requests")
        bad |= bool(canary)
    finally:
        for server in servers:
            server.terminate()
    sys.exit(1 if bad else 0)


main()
