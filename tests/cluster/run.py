#!/usr/bin/env python3
"""Drills of a cluster: nodes and servers are killed, stopped, cut off and changed while entries are published; after each
nothing is lost or doubled, nobody was asked too often, and all nodes are equal.

usage: run.py COURANT [--short] [--DRILL N …] [--seed N] [--every N] [--loaded] [--old COURANT]     drills: see DRILLS below
       --every N: all is looked at after every N drills; --loaded: the machine is not quiet: the
       spacing is judged among nodes alone, and what is late is said at the end; --old COURANT: an older version, for `--upgraded 1`
       run.py COURANT --alone       one node without a cluster: the origin and the checks by themselves

Needs Debian's postgresql (initdb, postgres, pg_basebackup, psql) and a courant with the feature `cluster`.
"""
import argparse
import pathlib
import random
import shutil
import sqlite3
import tempfile
import threading
import time

import adversity
import checks
from adversity import TAKEN_OVER
from checks import limit
from nodes import APPLIED, APPS, LEADER, NEWEST, NOT_KNOWN, Node, name_of, running, settled
from origin import Origin
from postgres import Pair, programs, wait_for
from wire import Wires

INTERVAL, SPACING = 4, 0.3
N_HOSTS, FEEDS_A_HOST, RATE = 24, 4, 15


class Cluster:
    """Nodes, the origin that they ask, and what was done to them."""

    def __init__(self, courant, folder, origin, pair, seed, wires=None):
        self.courant, self.folder, self.origin, self.pair, self.wires = courant, pathlib.Path(folder), origin, pair, wires
        self.nodes, self.disturbed, self.chance, self.n_copies = [], [], random.Random(seed), 0
        self.is_loaded = False
        self.commits, self.watching, self.wanted, self.n_apps = [], True, [], 0
        self.watcher = threading.Thread(target=self.watch, daemon=True)

    def begin(self, n):
        first = self.node()
        first.do("create")
        first.start()
        for _ in range(n - 1):
            self.join()
        wait_for(self.leader, 30, "nobody leads")
        self.watcher.start()

    def node(self):
        name, wire = f"n{len(self.nodes) + 1}", self.wires and self.wires.to(self.pair.ports())
        url = self.pair and self.pair.url(name, wire.ports)
        node = Node(self.courant, self.folder, name, url, self.origin, INTERVAL, SPACING)
        node.wire = wire
        self.nodes.append(node)
        return node

    def join(self):
        node = self.node()
        node.do("join")
        node.start()
        return node

    def leader(self):
        name = self.pair.sql(LEADER)
        return next((node for node in self.nodes if node.name == name), None)

    def follower(self):
        leader = self.leader()
        return self.chance.choice([node for node in running(self.nodes) if node is not leader])

    def disturb(self, *nodes):
        self.disturbed += [checks.Disturbed(time.monotonic(), node.name) for node in nodes]
        return time.monotonic()

    def watch(self):
        """Writes down when the replicas move on."""
        newest = 0
        while self.watching:
            for node in running(self.nodes):
                seq = node.applied() or 0
                if seq > newest:
                    newest = seq
                    self.commits.append(time.monotonic())
            time.sleep(0.02)

    def gap(self, since):
        """The longest time without a commit from then on."""
        moments = [since, *(at for at in self.commits if at > since)]
        return max((next - one for one, next in zip(moments, moments[1:])), default=float("inf"))

    def commits_again(self, seconds, since):
        wait_for(lambda: any(at > since for at in self.commits), seconds, "nothing is committed any more")

    def asks(self, node, since=0):
        """Waits for it: one that has come a moment ago has nothing yet that others could take over."""
        wait_for(lambda: any(name_of(asked.agent) == node.name and asked.at > since for asked in self.origin.log[-100:]), 60, f"{node.name} asks nobody")

    def taken_over(self, node, since):
        """How long until others have asked all feeds that were this node's."""
        last = {}
        for asked in list(self.origin.log):
            if asked.at < since:
                last[asked.host, asked.path] = name_of(asked.agent)
        feeds = {feed for feed, name in last.items() if name == node.name}
        first = {}

        def all_asked():
            for asked in list(self.origin.log):
                if asked.at > since and name_of(asked.agent) != node.name:
                    first.setdefault((asked.host, asked.path), asked.at)
            return feeds <= first.keys()

        wait_for(all_asked, 30, f"feeds of {node.name} are not asked again")
        return max((first[feed] - since for feed in feeds), default=0.0)

    def copies(self):
        """Of each replica that is in use, all at one record: the leader may tidy up meanwhile."""
        for _ in range(10):
            seq = settled(self.nodes) if self.pair else None
            self.n_copies += 1
            copies = {node.name: node.copy(self.folder / f"copy-{self.n_copies}-{node.name}.db") for node in running(self.nodes)}
            if not self.pair or {copy.execute(APPLIED).fetchone() for copy in copies.values()} == {(seq,)}:
                return copies
        raise SystemExit("FAIL the log does not come to rest while nobody is answered")

    def write_down(self, log):
        """What was asked and done, by the second, for whoever looks for the cause."""
        lines = [(asked.at, name_of(asked.agent), asked.host + asked.path) for asked in log] + [(at, name, "DISTURBED") for at, name in self.disturbed]
        (self.folder / "requests.tsv").write_text("".join(f"{at - log[0].at:.3f}\t{name}\t{what}\n" for at, name, what in sorted(lines, key=lambda line: line[0])))

    def whole(self, when):
        """All checks, while the origin lets everybody wait."""
        self.origin.publish(0)
        published = len(self.origin.truth)
        time.sleep(INTERVAL + 2)
        self.origin.hold()
        try:
            copies = self.copies()
            wrong = checks.outputs(running(self.nodes)) + checks.replicas(copies)
            for name, copy in copies.items():
                wrong += [f"{name}: {line}" for line in checks.entries(copy, self.origin.truth)]
            log = list(self.origin.log)
            wrong += checks.intervals(log, INTERVAL, self.disturbed, self.wanted) + checks.spacing(log, SPACING, self.disturbed, self.is_loaded)
        finally:
            self.origin.release()
        if wrong:
            self.write_down(log)
            raise SystemExit("\n".join([f"FAIL {when} ({published} entries, {len(log)} requests):", *wrong, f"see {self.folder}/n*/log and requests.tsv"]))
        self.origin.publish(RATE)
        # What was held is answered; nobody has more in hand than usual.
        time.sleep(INTERVAL)


# Each drill does one thing to the cluster, and returns the figure that it is about, or None.

def leader_killed(cluster):
    leader = cluster.leader()
    since = cluster.disturb(leader)
    leader.kill()
    cluster.commits_again(15, since + 3)
    took = limit("commit gap after the leader's death", cluster.gap(since), 5, cluster.is_loaded)
    leader.start()
    return took


def node_killed(cluster):
    node = cluster.follower()
    cluster.asks(node)
    since = cluster.disturb(node)
    node.kill()
    took = limit("a dead node's feeds asked again", cluster.taken_over(node, since), TAKEN_OVER, cluster.is_loaded)
    node.start()
    return took


def leader_stopped(cluster):
    return stopped(cluster, cluster.leader())


def node_stopped(cluster):
    return stopped(cluster, cluster.follower())


def stopped(cluster, node):
    """SIGSTOP for 10 s; then it goes on as if nothing had been."""
    since = cluster.disturb(node)
    node.freeze()
    time.sleep(10)
    cluster.disturb(node)
    node.thaw()
    cluster.commits_again(15, time.monotonic())
    return cluster.gap(since)


def command_in_doubt(cluster):
    """A person's commands at a follower while the leader dies: whoever is told that something was done, or was not, can rely on it."""
    leader, node, told = cluster.leader(), cluster.follower(), {}
    since = cluster.disturb(leader)
    killer = threading.Timer(cluster.chance.uniform(0.1, 0.5), leader.kill)
    killer.start()
    while time.monotonic() < since + 6:
        cluster.n_apps += 1
        name = f"app-{cluster.n_apps}"
        told[name] = node.do("let in", name, check=False)
    killer.join()
    cluster.commits_again(15, since + 3)
    leader.start()
    wait_for(lambda: (leader.applied() or 0) >= int(cluster.pair.sql(NEWEST)) - 5, 60, f"{leader.name} does not catch up")
    with sqlite3.connect(f"file:{node.database}?mode=ro", uri=True) as replica:
        apps = {name for name, in replica.execute(APPS)}
    for name, done in told.items():
        is_known = not any(words in done.stderr for words in NOT_KNOWN)
        if is_known and (done.returncode == 0) != (name in apps):
            raise SystemExit(f"FAIL {name} is {'there' if name in apps else 'not there'}, and a person was told: {done.stdout}{done.stderr}")
    return sum(any(words in done.stderr for words in NOT_KNOWN) for done in told.values())


def feed_refetched(cluster):
    """A person wants a feed anew, on a node that does not ask there: the spacing is kept all the same."""
    node, begun = cluster.follower(), time.monotonic()
    last = {(asked.host, asked.path): name_of(asked.agent) for asked in list(cluster.origin.log)}
    others = [feed for feed, name in last.items() if name != node.name]
    host, path = cluster.chance.choice(others)
    cluster.wanted.append(((host, path), begun))
    node.do("refetch", f"http://{host}:{cluster.origin.port}{path}")
    if not any(asked.at > begun and (asked.host, asked.path) == (host, path) and name_of(asked.agent) == node.name for asked in list(cluster.origin.log)):
        raise SystemExit(f"FAIL {node.name} has not asked {host}{path}, which a person wanted of it")
    return time.monotonic() - begun


def upgraded(cluster):
    """From an older version to this one: the followers first, one after the other, the leader last."""
    if not cluster.old:
        raise SystemExit("FAIL no older courant is named: --old")
    begun, leader = time.monotonic(), cluster.leader()
    for node in [*(node for node in running(cluster.nodes) if node is not leader), leader]:
        cluster.disturb(*running(cluster.nodes))
        if node is leader:
            node.do("yield")
            wait_for(lambda: cluster.leader() not in (None, node), 30, "nobody else leads")
        node.stop()
        node.courant = cluster.courant_now
        node.start()
        newest = int(cluster.pair.sql(NEWEST))
        wait_for(lambda: (node.applied() or 0) >= newest, 60, f"{node.name} does not catch up")
        cluster.disturb(*running(cluster.nodes))
    cluster.courant = cluster.courant_now
    return time.monotonic() - begun


def node_joined(cluster):
    begun = time.monotonic()
    cluster.disturb(*running(cluster.nodes))
    node = cluster.join()
    wait_for(lambda: any(name_of(asked.agent) == node.name for asked in cluster.origin.log), 60, f"{node.name} asks nobody")
    return time.monotonic() - begun


def node_removed(cluster):
    if len(running(cluster.nodes)) <= 2:
        cluster.join()
    node = cluster.follower()
    cluster.asks(node)
    since = cluster.disturb(node)
    cluster.leader().do("remove", node.name)
    took = limit("a removed node's feeds asked again", cluster.taken_over(node, since), TAKEN_OVER, cluster.is_loaded)
    node.stop()
    return took


def standby_promoted(cluster):
    cluster.disturb(*running(cluster.nodes))
    cluster.pair.kill_primary()
    cluster.pair.promote()
    since = cluster.disturb(*running(cluster.nodes))
    cluster.commits_again(15, since)
    took = limit("commit gap after the promotion", cluster.gap(since), 3, cluster.is_loaded)
    cluster.pair.rebuild()
    return took


def engine_away(cluster):
    """Nobody polls, everybody serves; then it goes on by itself."""
    cluster.disturb(*running(cluster.nodes))
    for server in (cluster.pair.primary, cluster.pair.standby):
        server.freeze()
    try:
        time.sleep(6)
        n_asked = len(cluster.origin.log)
        time.sleep(4)
        if len(cluster.origin.log) > n_asked:
            raise SystemExit(f"FAIL {len(cluster.origin.log) - n_asked} requests while the engine was away")
        for node in running(cluster.nodes):
            if node.get(checks.OUTPUTS[0])[0] != 200:
                raise SystemExit(f"FAIL {node.name} does not serve while the engine is away")
    finally:
        for server in (cluster.pair.primary, cluster.pair.standby):
            server.thaw()
    since = cluster.disturb(*running(cluster.nodes))
    cluster.commits_again(30, since)
    return cluster.gap(since)


def log_cut(cluster):
    """The ten newest records are gone, as after a failover that lost some."""
    cluster.disturb(*running(cluster.nodes))
    cluster.pair.sql(f"DELETE FROM courant_log WHERE seq > ({NEWEST}) - 10")
    since = time.monotonic()
    cluster.commits_again(30, since + 1)
    # The memberships ended with the old log: all nodes poll again when their leases would have ended too.
    names = {node.name for node in running(cluster.nodes)}
    wait_for(lambda: names <= {name_of(asked.agent) for asked in list(cluster.origin.log) if asked.at > since + 5}, 30, "not all nodes poll again")
    time.sleep(INTERVAL)
    return cluster.gap(since)


def record_flipped(cluster):
    """A record that a node has not read yet is another than it was."""
    node = cluster.follower()
    since = cluster.disturb(node)
    node.stop()
    applied = node.applied()
    wait_for(lambda: int(cluster.pair.sql(NEWEST)) > applied + 5, 30, "nothing is logged")
    cluster.pair.sql(f"UPDATE courant_log SET body = set_byte(body, length(body) / 2, get_byte(body, length(body) / 2) # 1) WHERE seq = {applied + 3}")
    node.start()
    newest = int(cluster.pair.sql(NEWEST))
    wait_for(lambda: (node.applied() or 0) >= newest, 60, f"{node.name} does not heal")
    return time.monotonic() - since


def row_altered(cluster):
    """A row of a follower is another than it was."""
    node = cluster.follower()
    cluster.disturb(node)
    node.stop()
    with sqlite3.connect(node.database) as replica:
        replica.execute("UPDATE entries SET title = 'altered' WHERE id = (SELECT max(id) FROM entries)")
    node.start()
    newest = int(cluster.pair.sql(NEWEST))
    wait_for(lambda: (node.applied() or 0) >= newest, 60, f"{node.name} does not catch up")
    cluster.leader().do("check")
    begun = time.monotonic()
    cluster.leader().do("check")

    def healed():
        try:
            with sqlite3.connect(f"file:{node.database}?mode=ro", uri=True) as replica:
                return replica.execute("SELECT count(*) FROM entries WHERE title = 'altered'").fetchone()[0] == 0
        except sqlite3.OperationalError:
            return False  # it is being replaced just now

    wait_for(healed, 90, f"nobody finds the altered row of {node.name}")
    return time.monotonic() - begun


# Drill → how often in the full run, and in the short one.
DRILLS = {
    leader_killed: (20, 1), node_killed: (50, 1), leader_stopped: (25, 0), node_stopped: (25, 1), node_joined: (50, 1), node_removed: (50, 1),
    standby_promoted: (5, 1), engine_away: (3, 0), log_cut: (3, 0), record_flipped: (3, 0), row_altered: (3, 0),
    command_in_doubt: (10, 1), feed_refetched: (20, 1), upgraded: (0, 0),
    adversity.leader_silent: (5, 0), adversity.leader_deaf: (5, 1), adversity.leader_cut_off: (5, 0), adversity.node_silent: (5, 0),
    adversity.node_deaf: (5, 0), adversity.node_cut_off: (5, 1), adversity.server_hangs: (3, 0), adversity.leader_removed: (3, 0),
    adversity.disk_full: (3, 0), adversity.clock_set: (3, 0), adversity.left_behind: (3, 0), adversity.twin: (3, 0),
}

# So many nodes are there at one time.
MOST_NODES = 5


def in_order(drills, chance, n_nodes):
    """At random, but so that never too many nodes are there, nor too few."""
    left, order = list(drills), []
    chance.shuffle(left)
    while left:
        fits = [drill for drill in left if not (drill is node_joined and n_nodes >= MOST_NODES or drill is node_removed and n_nodes <= 3)] or left
        drill = fits[0]
        left.remove(drill)
        order.append(drill)
        n_nodes += (drill is node_joined) - (drill is node_removed)
    return order


def alone(courant, folder):
    """One node, no cluster."""
    with Origin(N_HOSTS, FEEDS_A_HOST) as origin:
        origin.add(N_HOSTS * FEEDS_A_HOST)
        origin.publish(RATE)
        cluster = Cluster(courant, folder, origin, None, 1)
        cluster.node().start()
        time.sleep(10)
        for when in ("after ten seconds", "after a kill"):
            cluster.whole(when)
            node = cluster.nodes[0]
            cluster.disturb(node)
            node.kill()
            node.start()
            time.sleep(5)
        print(f"ok   {len(origin.truth)} entries by {len(origin.log)} requests: nothing lost, nothing twice, nobody asked too soon")


def together(options, folder):
    """The drills."""
    chosen = {drill: getattr(options, drill.__name__) for drill in DRILLS}
    if any(n is not None for n in chosen.values()):
        counts = {drill: n or 0 for drill, n in chosen.items()}
    else:
        counts = {drill: short if options.short else full for drill, (full, short) in DRILLS.items()}
    drills = in_order([drill for drill, n in counts.items() for _ in range(n)], random.Random(options.seed), options.nodes)
    with Origin(N_HOSTS, FEEDS_A_HOST, options.seed) as origin, Pair(pathlib.Path(folder) / "postgres") as pair, Wires() as wires:
        origin.add(N_HOSTS * FEEDS_A_HOST * 2)
        origin.publish(RATE)
        cluster = Cluster(options.old or options.courant, folder, origin, pair, options.seed, wires)
        cluster.is_loaded = options.loaded
        cluster.old, cluster.courant_now = options.old, str(pathlib.Path(options.courant).resolve())
        cluster.begin(options.nodes)
        time.sleep(INTERVAL)
        figures = {}
        for n, drill in enumerate(drills):
            figures.setdefault(drill.__name__, []).append(drill(cluster))
            print(f"     {n + 1} of {len(drills)}: {drill.__name__} {figures[drill.__name__][-1]:.2f}", flush=True)
            # In the short run the drills follow each other, and all is looked at once.
            if not options.short and (n + 1) % options.every == 0:
                cluster.whole(f"after drill {n}, {drill.__name__} (seed {options.seed})")
        cluster.whole(f"at the end (seed {options.seed})")
        cluster.watching = False
        for name, found in figures.items():
            found.sort()
            print(f"ok   {name.replace('_', ' ')} {len(found)}×: {found[0]:.2f} to {found[-1]:.2f}, half of them {found[len(found) // 2]:.2f} at most, nine tenths {found[len(found) * 9 // 10]:.2f}")
        for line in checks.late:
            print(f"late {line}")
        print(f"ok   {len(origin.truth)} entries by {len(origin.log)} requests of {len(cluster.nodes)} nodes: nothing lost, nothing twice, nobody asked too soon, all nodes equal")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("courant")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--old")
    parser.add_argument("--loaded", action="store_true")
    for drill in DRILLS:
        parser.add_argument(f"--{drill.__name__.replace('_', '-')}", type=int)
    options = parser.parse_args()
    if not options.alone and not programs():
        return print("not run: no PostgreSQL is installed (Debian: postgresql)")
    # Of a run that fails, the folder stays: it holds what the nodes said.
    folder = tempfile.mkdtemp(prefix="courant-cluster-")
    alone(options.courant, folder) if options.alone else together(options, folder)
    shutil.rmtree(folder)


main()
