#!/usr/bin/env python3
"""A database with a flipped bit, a page of nonsense, or a cut: no command panics, and what is shown otherwise than before was
found by `db check`.

usage: damage.py COURANT [N [SEED]]
"""
import random
import shutil
import sys

from common import Home

courant, n_rounds, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000, int(sys.argv[3]) if len(sys.argv) > 3 else 1
chance = random.Random(seed)


def main():
    home = Home(courant, config='[store]\nreserve = "0B"\n')
    assert home.run("once", "--all").returncode == 0
    assert home.run("db", "compact").returncode == 0
    shown = lambda: [home.run(*words) for words in (["render", "all", "--format", "json"], ["stories", "--since", "9999d", "--format", "jsonl", "--limit", "1000"], ["status"])]
    database = home.path / "state/courant.db"
    good = database.read_bytes()
    before = [output.stdout for output in shown()[:2]]
    counts = {"found": 0, "harmless": 0, "in a text": 0}
    for n in range(n_rounds):
        data = bytearray(good)
        how = chance.choice(["bit", "bit", "bit", "nonsense", "cut"])
        at = chance.randrange(len(data))
        if how == "bit":
            data[at] ^= 1 << chance.randrange(8)
        elif how == "nonsense":
            data[at : at + 64] = chance.randbytes(min(64, len(data) - at))
        else:
            del data[at:]
        database.write_bytes(bytes(data))
        for rest in ("-wal", "-shm"):
            database.with_name("courant.db" + rest).unlink(missing_ok=True)
        checked, outputs = home.run("db", "check"), shown()
        for output in (checked, *outputs):
            if "panicked" in output.stderr or output.returncode not in (0, 1, 4):
                raise SystemExit(f"FAIL round {n} (seed {seed}), {how} at {at}: {output.returncode} {output.stderr}")
        same = [output.stdout for output in outputs[:2]] == before
        if checked.returncode != 0:
            counts["found"] += 1
        elif same:
            counts["harmless"] += 1
        else:
            # A letter of a title or a date: SQLite keeps no sums of what it stores, and neither do we of titles.
            counts["in a text"] += 1
    shutil.rmtree(home.path / "state")
    print(f"ok   {n_rounds} flips, overwrites and cuts: {counts}")
    if counts["in a text"] > n_rounds * 0.1:
        raise SystemExit("FAIL too many of them were not found")


main()
