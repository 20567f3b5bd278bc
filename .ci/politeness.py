#!/usr/bin/env python3
"""The service against the politeness judge, on the real clock, with a restart in the middle: about a minute.

usage: politeness.py COURANT SHARED

Prints every rule that is not kept and the score; fails below the floor. On a machine that is busy with other things a
second run may be needed: the judge counts in tenths of a second.
"""
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

courant, shared = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
judge, port = shared / "eval" / "politeness" / "politeness_server.py", 8901

# Rules kept, of 43, 10 and 5: they only rise.
FLOOR = {"must": 43, "should": 10, "nice": 5}

CONFIG = f"""
state_dir = "state"
[poll]
interval = "1s"
min_interval = "1s"
adaptive = false
permanent_days = 0
[fetch]
timeout = "8s"
allow_private = ["127.1.0.0/16:{port}"]
[serve]
listen = "127.0.0.1:0"
base_url = "https://courant.example"
"""


def control(what):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/_ctl/{what}", timeout=5).read()
    except OSError as error:
        print(f"{what}: {error}")


def serve(folder, seconds):
    with open(folder / "service.log", "a") as log:
        service = subprocess.Popen([courant, "--config", folder / "courant.toml", "run"], stdout=log, stderr=log)
        time.sleep(seconds)
        service.send_signal(signal.SIGTERM)
        service.wait()


def run(folder):
    urls = subprocess.check_output([sys.executable, judge, "urls", "--port", str(port)], text=True).split()
    (folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in urls))
    (folder / "courant.toml").write_text(CONFIG)
    log = folder / "run.jsonl"
    server = subprocess.Popen([sys.executable, judge, "serve", "--port", str(port), "--unit", "1", "--log", log],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        serve(folder, 26)
        control("mark?l=restart")
        serve(folder, 26)
    finally:
        control("quit")
        server.wait()
    text = subprocess.run([sys.executable, judge, "judge", log, "--unit", "1"], stdout=subprocess.PIPE, text=True).stdout
    print("\n".join(line for line in text.splitlines() if not line.startswith("PASS")))
    return all(int(re.search(rf"{level} (\d+)/", text).group(1)) >= floor for level, floor in FLOOR.items())


for attempt in range(2):
    with tempfile.TemporaryDirectory() as folder:
        if run(pathlib.Path(folder)):
            sys.exit(0)
sys.exit("below the floor")
