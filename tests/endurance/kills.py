#!/usr/bin/env python3
"""kill -9 at random moments of polling, settling, pruning, compacting, backing up, restoring, importing and migrating: nothing
lost, nothing twice, serving again within a second.

usage: kills.py COURANT [ROUNDS [SEED]]
"""
import random
import shutil
import sqlite3
import subprocess
import sys
import time

from common import Home, get

courant, rounds, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30, int(sys.argv[3]) if len(sys.argv) > 3 else 1
chance = random.Random(seed)

def main():
    # What is older than a second goes, but for the newest.
    pruning = Home(courant, config='[store]\nreserve = "1MB"\nkeep = "1s"\nkeep_stories = 40\n[backup]\nkeep = 1\n')
    keeping = Home(courant, config='[store]\nreserve = "1MB"\n[backup]\nkeep = 1\n')
    for home in (pruning, keeping):
        assert home.run("once", "--all").returncode == 0
    slowest, kinds = 0.0, {}
    for n in range(rounds):
        kind = chance.choice(["service", "service", "once", "compact", "backup", "prune", "import", "migrate", "restore"])
        kinds[kind] = kinds.get(kind, 0) + 1
        # What the last migration's tables alone know is lost with it: nothing is pruned here.
        home = keeping if kind == "migrate" else pruning
        for feed in chance.sample(range(len(home.n)), 2):
            home.tick(feed, chance.randint(1, 20))
        if kind == "service":
            process, address, took = home.start()
            slowest = max(slowest, took)
            asked = subprocess.Popen(home.command("once", "--all"), env=home.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.random() * 0.3)
            process.kill()
            process.wait()
            asked.wait()
        elif kind == "migrate":
            # As the version before the last migration left it.
            older = sqlite3.connect(home.path / "state/courant.db")
            version = older.execute("PRAGMA user_version").fetchone()[0]
            older.executescript(f"DROP INDEX stories_covered; DROP INDEX stories_covered_seen; PRAGMA user_version = {version - 1}")
            older.close()
            shutil.rmtree(home.path / "state/backups", ignore_errors=True)
            killed(home, "once", "--all")
            # Whoever only reads migrates nothing, so that the next start is to do it.
            assert home.run("once").returncode == 0
        elif kind == "restore":
            made = home.run("db", "backup").stdout.strip()
            killed(home, "db", "restore", made)
            # Whoever only reads finishes nothing, so that the next start is to do it.
            assert home.run("once").returncode == 0
        elif kind == "import":
            export = home.path / "export.jsonl"
            export.unlink(missing_ok=True)
            assert home.run("db", "export", str(export)).returncode == 0
            kept = home.path / "kept"
            shutil.copytree(home.path / "state", kept, ignore=shutil.ignore_patterns("*.sock"))
            (home.path / "state/courant.db").unlink()
            killed(home, "db", "import", str(export))
            if not (home.path / "state/courant.db").exists():
                shutil.rmtree(home.path / "state")
                kept.rename(home.path / "state")
            else:
                shutil.rmtree(kept)
        else:
            killed(home, *{"once": ["once", "--all"], "compact": ["db", "compact"], "backup": ["db", "backup"], "prune": ["db", "prune"]}[kind])
        home.whole(f"after round {n} (seed {seed}, {kind})")
    n_pruned = pruning.status()["growth"]["n_pruned"]
    if rounds >= 20 and n_pruned == 0:
        raise SystemExit("FAIL nothing was pruned: that was not tested")
    process, address, took = home.start()
    assert b"<feed" in get(f"{address}feeds/all.atom")
    process.terminate()
    process.wait()
    slowest = max(slowest, took)
    if slowest > 1.0:
        raise SystemExit(f"FAIL the slowest start took {slowest:.2f} s")
    print(f"ok   {rounds} kills ({', '.join(f'{kind} {n}' for kind, n in sorted(kinds.items()))}): nothing lost, nothing twice, {n_pruned} entries pruned; the slowest start took {slowest:.2f} s")


def killed(home, *words):
    process = subprocess.Popen(home.command(*words), env=home.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(chance.random() * 0.25)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


main()
