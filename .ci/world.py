#!/usr/bin/env python3
"""The whole program on the replayed world: exactly its entries and stories, 304s the second time, ids that stay.

usage: world.py COURANT SHARED
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

courant, shared = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
world, port = shared / "world" / "world.py", 8900


def check(name, right, got):
    print(f"{'ok  ' if right else 'FAIL'} {name}: {got}")
    if not right:
        sys.exit(1)


def get(path):
    return urllib.request.urlopen(f"http://127.0.1.1:{port}{path}").read()


def main():
    expected = json.loads(subprocess.check_output([sys.executable, world, "--expect", "--port", str(port)]))
    urls = subprocess.check_output([sys.executable, world, "--list", "--port", str(port)], text=True).split()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in urls))
        (folder / "courant.toml").write_text(
            f'state_dir = "state"\n[poll]\nhost_spacing = "0s"\n[fetch]\nallow_private = ["127.0.1.0/24:{port}"]\n[serve]\nlisten = "127.0.0.1:0"\n'
        )
        command = [str(courant), "--config", str(folder / "courant.toml")]
        ready = folder / "ready"
        server = subprocess.Popen([sys.executable, world, "--port", str(port), "--ready", str(ready)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(300):
                if ready.exists():
                    break
                time.sleep(0.1)
            record = folder / "record.jsonl"
            once = lambda: subprocess.run([*command, "once", "--all", "--record", str(record)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            status = lambda: json.loads(subprocess.check_output([*command, "status", "--format", "json"]))
            render = lambda: [subprocess.check_output([*command, "render", "all", "--format", f]) for f in ("atom", "rss", "json")]
            started = time.time()
            first = once()
            took, counts = time.time() - started, status()
            check("exit", first.returncode == 0, first.stdout + first.stderr)
            check("under 30 s", took < 30, f"{took:.1f} s")
            check("entries", counts["entries"] == expected["entries"], counts["entries"])
            check("stories", counts["stories"] == expected["stories"], counts["stories"])
            check("articles", counts["articles"] >= 247, counts["articles"])
            orders(command, folder, expected)
            outputs, before = render(), json.loads(get("/stats"))
            second, after = once(), json.loads(get("/stats"))
            new = {path: n - before.get(path, 0) for path, n in after.items() if n > before.get(path, 0) and path != "/stats"}
            check("unchanged: 12 conditional requests", second.returncode == 0 and new.get("304") == 12 and sum(new.values()) == 24, new)
            check("unchanged: not a byte", render() == outputs, "the same")
            get("/tick")
            once()
            ticked = status()
            check("tick: entries", ticked["entries"] == counts["entries"] + 24, ticked["entries"])
            check("tick: stories", ticked["stories"] == counts["stories"] + 24, ticked["stories"])
            replay(command, folder, record, render())
            kills(command, folder, expected["entries"] + 24)
        finally:
            # Not SIGINT: a gate that runs in the background hands down that it is ignored.
            server.terminate()
            server.wait()


def orders(command, folder, expected):
    """The running service, where pages arrive as they come: the same stories."""
    (folder / "service.toml").write_text((folder / "courant.toml").read_text().replace('"state"', '"service"'))
    command = [command[0], "--config", str(folder / "service.toml")]
    service = subprocess.Popen([*command, "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            done = subprocess.run([*command, "status", "--format", "json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            counts = json.loads(done.stdout) if done.returncode == 0 else {}
            if counts.get("entries") == expected["entries"] and counts.get("pending") == 0:
                break
            time.sleep(0.1)
        check("service: stories", counts.get("stories") == expected["stories"], counts.get("stories"))
    finally:
        service.terminate()
        service.wait()


def replay(command, folder, record, outputs):
    """Every recorded change, done again in an empty database, gives the same bytes."""
    config = (folder / "courant.toml").read_text().replace('"state"', '"replayed"')
    (folder / "replayed.toml").write_text(config)
    (folder / "replayed").mkdir()
    again = [command[0], "--config", str(folder / "replayed.toml")]
    done = subprocess.run([*again, "db", "replay", str(record), str(folder / "replayed" / "courant.db")], stderr=subprocess.PIPE, text=True)
    check("replay", done.returncode == 0, done.stderr.strip().split(" into ")[0])
    same = outputs == [subprocess.check_output([*again, "render", "all", "--format", f]) for f in ("atom", "rss", "json")]
    check("replay: not a byte", same, "the same" if same else "another document")


def kills(command, folder, n_entries):
    """kill -9 in the middle of a first poll, ten times: nothing lost, nothing twice, the same ids."""
    ids = lambda: set(re.findall(rb"urn:uuid:[0-9a-f-]{36}", subprocess.check_output([*command, "render", "all"])))
    known = ids()
    check("ids after a restart", known == ids() and len(known) > 50, len(known))
    config = (folder / "courant.toml").read_text().replace('"state"', '"killed"')
    (folder / "killed.toml").write_text(config)
    command = [command[0], "--config", str(folder / "killed.toml")]
    for n in range(10):
        process = subprocess.Popen([*command, "once", "--all"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(0.15 + 0.2 * n)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    last = subprocess.run([*command, "once", "--all"], stdout=subprocess.PIPE, text=True)
    counts = json.loads(subprocess.check_output([*command, "status", "--format", "json"]))
    check("after ten kills: entries", last.returncode == 0 and counts["entries"] == n_entries, counts["entries"])
    check("after ten kills: nothing left over", counts["pending"] == 0, counts["pending"])


main()
