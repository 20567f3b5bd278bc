#!/usr/bin/env python3
"""A disk that fails at the n-th write or sync, for each n: nothing is torn, nothing acknowledged is lost, and what could not
be stored is stored by the next pass. In the service: it goes on serving, and goes on polling by itself.

usage: faults.py COURANT [FIRST [LAST [STEP]]]     writes and syncs; by default 1 to 500, one by one
"""
import shutil
import sys
import time

from common import Home, get, shim

courant = sys.argv[1]
first, last, step = (int(sys.argv[at]) if len(sys.argv) > at else default for at, default in ((2, 1), (3, 500), (4, 1)))


def main():
    home = Home(courant, config='[store]\nreserve = "200KB"\n')
    library, fault = shim(home.path), home.path / "fault"
    env = {"LD_PRELOAD": str(library), "FAULT_DIR": str(home.path / "state"), "FAULT_FILE": str(fault), "FAULT_ROOM": "1000000000"}
    assert home.run("once", "--all").returncode == 0
    start = home.path / "start"
    n_failed = 0
    shutil.copytree(home.path / "state", start)
    numbers = list(home.n)
    for kind in ("ENOSPC", "EIO"):
        for n in range(first, last + 1, step):
            # From the same state each time, so that each write is met.
            shutil.rmtree(home.path / "state")
            shutil.copytree(start, home.path / "state")
            home.n = list(numbers)
            for feed in range(len(home.n)):
                home.tick(feed, 60)
            fault.write_text(f"{kind} {n} {1 + n % 3}")
            failed = home.run("once", "--all", env=env)
            n_failed += failed.returncode != 0
            if "panicked" in failed.stderr or failed.returncode not in (0, 1, 5):
                raise SystemExit(f"FAIL {kind} at {n}: {failed.stderr}")
            fault.unlink()
            home.whole(f"after {kind} at write {n}")
    print(f"ok   {kind and 2 * len(range(first, last + 1, step))} faults, of which {n_failed} ended a pass: nothing torn, nothing lost")
    service(home, env, fault)


def service(home, env, fault):
    """Faults in the running service, again and again."""
    process, address, _ = home.start(env)
    n_faults = 0
    for n in range(first, min(last, first + 60 * step) + 1, step):
        fault.write_text(("ENOSPC" if n % 2 else "EIO") + ("" if n % 5 == 0 else f" {n_faults * 40 + n} 2"))
        home.tick(n % len(home.n), 2)
        home.run("once", "--all")
        if process.poll() is not None or b"<feed" not in get(f"{address}feeds/all.atom"):
            raise SystemExit(f"FAIL the service ended at fault {n}: {(home.path / 'log').read_text()}")
        fault.unlink()
        begun = time.monotonic()
        while home.status()["trouble"]:
            if time.monotonic() - begun > 40:
                raise SystemExit(f"FAIL the service does not recover from fault {n}")
            time.sleep(0.1)
        n_faults += 1
    home.whole("after faults in the service")
    process.terminate()
    process.wait()
    print(f"ok   {n_faults} faults in the running service: it served all the time, and polled again by itself")


main()
