#!/usr/bin/env python3
"""Restoring under load: a backup is made while feeds are polled and outputs are read, more comes and is edited, the backup is put
back. The outputs are to the byte those at the backup, and the next polls bring what is new since, once.

usage: drill.py COURANT [ROUNDS [SEED]]
"""
import random
import re
import sys
import threading
import time

from common import Home, get

courant, rounds, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20, int(sys.argv[3]) if len(sys.argv) > 3 else 1
chance = random.Random(seed)

# Feeds whose outputs are compared, and feeds that are the load.
STEADY, BUSY = (0, 1, 2), (3, 4, 5)


class Load:
    """New entries, polls and readers, until it is left."""

    def __init__(self, home, address):
        self.home, self.address, self.over, self.n_polls, self.n_read = home, address, threading.Event(), 0, 0
        self.threads = [threading.Thread(target=self.poll), threading.Thread(target=self.read)]

    def poll(self):
        while not self.over.is_set():
            self.home.tick(chance.choice(BUSY), chance.randint(1, 9))
            self.home.run("once", "--all")
            self.n_polls += 1

    def read(self):
        while not self.over.is_set():
            get(f"{self.address}feeds/steady.atom")
            get(self.address)
            self.n_read += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


def outputs(home):
    """What `courant render` says of the output that is compared, in all three formats."""
    rendered = [home.run("render", "steady", "--format", form) for form in ("atom", "rss", "json")]
    if failed := [one.stderr for one in rendered if one.returncode != 0 or not one.stdout]:
        raise SystemExit(f"FAIL an output cannot be rendered: {failed}")
    return [one.stdout for one in rendered]


def n_entries(home):
    return home.status()["entries"]


def main():
    # Made-up texts of ten words are alike: each entry is to be a story here.
    home = Home(courant, config='[story]\ndedupe = "address"\n[[output]]\nname = "steady"\nquery = "tag:steady"\n[store]\nreserve = "0B"\n')
    feeds = home.path / "feeds.toml"
    tagged = [part + 'tags = ["steady"]\n' if n in STEADY else part for n, part in enumerate(re.split(r"(?=\[\[feed\]\])", feeds.read_text())[1:])]
    feeds.write_text("".join(tagged))
    assert home.run("once", "--all").returncode == 0
    n_polls = n_read = n_back = 0
    for n in range(rounds):
        backup = home.path / f"round-{n}.db"
        process, address, _ = home.start()
        before = outputs(home)
        with Load(home, address) as load:
            time.sleep(chance.random() * 0.5)
            made = home.run("db", "backup", str(backup))
            if made.returncode != 0:
                raise SystemExit(f"FAIL round {n}: no backup: {made.stderr}")
            # After it more comes everywhere.
            for feed in STEADY:
                home.tick(feed, chance.randint(1, 4))
            home.run("once", "--all")
        n_polls, n_read = n_polls + load.n_polls, n_read + load.n_read
        home.whole(f"before the restore of round {n} (seed {seed})")
        if outputs(home) == before:
            raise SystemExit(f"FAIL round {n}: nothing came after the backup: that was not tested")
        # As a person does it, or as after a power loss.
        process.terminate() if n % 2 else process.kill()
        process.wait()
        restored = home.run("db", "restore", str(backup))
        if restored.returncode != 0:
            raise SystemExit(f"FAIL round {n}: {restored.stderr}")
        if outputs(home) != before:
            raise SystemExit(f"FAIL round {n} (seed {seed}): the outputs are not those at the backup")
        n_restored = n_entries(home)
        process, _, _ = home.start()
        # The service may be polling by itself what a pass would ask for.
        begun = time.monotonic()
        while n_entries(home) < sum(home.n) and time.monotonic() - begun < 30:
            home.run("once", "--all")
        home.whole(f"after round {n} (seed {seed})")
        n_back += n_entries(home) - n_restored
        process.terminate()
        process.wait()
        for file in [backup, *(home.path / "state").glob("courant.db.replaced-*")]:
            file.unlink()
    print(f"ok   {rounds} restores under load ({n_polls} passes and {n_read} readings meanwhile): outputs to the byte those at the backup; {n_back} entries came again, each once")


main()
