"""Drills in which nothing is killed: wires, disks, clocks and names that are not as they should be. As those of run.py, each does one
thing to the cluster and returns the figure that it is about.
"""
import pathlib
import shutil
import signal
import subprocess
import time

import checks
from checks import limit
from nodes import NEWEST
from postgres import end, wait_for
from wire import CUT, DEAF, OPEN, SILENT

FAULTS = pathlib.Path(__file__).parent.parent / "faults"

# A connection of a node, as PostgreSQL sees it.
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = '{}'"

# Of a node that is there no more the feeds are asked by others after so long at most.
TAKEN_OVER = 8

# How long things are not as they should be.
FOR = 10


def leader_silent(cluster):
    """Nothing comes through between the leader and PostgreSQL, and neither is told."""
    return wire_of_leader(cluster, SILENT)


def leader_deaf(cluster):
    """What the leader sends arrives, but no answer comes back: it cannot know what is in the log."""
    return wire_of_leader(cluster, DEAF)


def leader_cut_off(cluster):
    return wire_of_leader(cluster, CUT)


def wire_of_leader(cluster, how):
    leader = cluster.leader()
    since = cluster.disturb(leader)
    leader.wire.be(how)
    try:
        cluster.commits_again(15, since + 3)
        took = limit("commit gap after the leader was cut off", cluster.gap(since), 5, cluster.is_loaded)
        time.sleep(max(0.0, since + FOR - time.monotonic()))
        others_lead(cluster, leader)
        serves(leader)
    finally:
        cluster.disturb(leader)
        leader.wire.be(OPEN)
    catches_up(cluster, leader)
    return took


def node_silent(cluster):
    return wire_of_node(cluster, SILENT)


def node_deaf(cluster):
    # It renews its membership as long as it hopes for an answer.
    return wire_of_node(cluster, DEAF, 4)


def node_cut_off(cluster):
    return wire_of_node(cluster, CUT)


def wire_of_node(cluster, how, more=0):
    """A follower without PostgreSQL: it asks nobody after four seconds, others do what it did, and it serves."""
    node = cluster.follower()
    cluster.asks(node)
    since = cluster.disturb(node)
    node.wire.be(how)
    try:
        took = limit("a cut-off node's feeds asked again", cluster.taken_over(node, since), TAKEN_OVER + more, cluster.is_loaded)
        time.sleep(max(0.0, since + FOR - time.monotonic()))
        serves(node)
    finally:
        cluster.disturb(node)
        node.wire.be(OPEN)
    catches_up(cluster, node)
    return took


def server_hangs(cluster):
    """PostgreSQL's processes that serve the leader stand still; those of the others go on."""
    leader = cluster.leader()
    backends = [int(pid) for pid in cluster.pair.sql(BACKENDS.format(leader.name)).split()]
    since = cluster.disturb(leader)
    for pid in backends:
        end(pid, signal.SIGSTOP)
    try:
        time.sleep(FOR)
        serves(leader)
    finally:
        for pid in backends:
            end(pid, signal.SIGCONT)
    cluster.disturb(leader)
    cluster.commits_again(15, time.monotonic())
    took = cluster.gap(since)
    catches_up(cluster, leader)
    return took


def leader_removed(cluster):
    """It is told, ends with a sentence, and is let in again."""
    leader = cluster.leader()
    since = cluster.disturb(leader)
    cluster.follower().do("remove", leader.name)
    cluster.commits_again(15, since + 3)
    took = limit("commit gap after the leader was removed", cluster.gap(since), 5, cluster.is_loaded)
    wait_for(lambda: leader.process.poll() is not None, 20, f"{leader.name} was removed, and goes on")
    says(leader, "was removed from the cluster")
    comes_anew(leader)
    return took


def disk_full(cluster):
    """A follower's disk takes nothing: others ask what it asked; when there is room it goes on."""
    node = cluster.follower()
    fault = restarted_with(cluster, node, "shim", "FAULT_FILE", {"FAULT_DIR": str(node.database.parent)})
    since = cluster.disturb(node)
    fault.write_text("ENOSPC")
    try:
        took = limit("feeds of a node with a full disk asked again", cluster.taken_over(node, since), TAKEN_OVER, cluster.is_loaded)
        serves(node)
    finally:
        fault.unlink()
        cluster.disturb(node)
    catches_up(cluster, node)
    as_usual(cluster, node)
    return took


def clock_set(cluster):
    """A follower's clock is an hour off, now ahead, now behind: it says so and asks nobody, and others ask what it asked."""
    node, ahead = cluster.follower(), cluster.chance.choice([3600, -3600])
    clock = restarted_with(cluster, node, "clock", "CLOCK_OFF_FILE", {})
    since = cluster.disturb(node)
    clock.write_text(str(ahead))
    try:
        took = limit("feeds of a node with a wrong clock asked again", cluster.taken_over(node, since), TAKEN_OVER, cluster.is_loaded)
        serves(node)
    finally:
        clock.write_text("0")
        cluster.disturb(node)
    says(node, "clock")
    cluster.asks(node, time.monotonic())
    as_usual(cluster, node)
    return took


def left_behind(cluster):
    """What a node that was away has not read is not in the log any more."""
    node = cluster.follower()
    since = cluster.disturb(node)
    node.stop()
    applied = node.applied()
    wait_for(lambda: int(cluster.pair.sql(NEWEST)) > applied + 30, 60, "nothing is logged")
    cluster.pair.sql(f"DELETE FROM courant_log WHERE seq <= {applied + 10}")
    node.start()
    newest = int(cluster.pair.sql(NEWEST))
    wait_for(lambda: (node.applied() or 0) >= newest, 60, f"{node.name} does not come by a snapshot")
    cluster.disturb(node)
    return time.monotonic() - since


def twin(cluster):
    """Another process is called as a node is."""
    node, folder = cluster.follower(), cluster.folder / f"twin-{time.monotonic_ns()}"
    folder.mkdir()
    for name in ("courant.toml", "feeds.toml"):
        shutil.copy(node.path / name, folder / name)
    since = cluster.disturb(node)
    command = [node.courant, "--config", str(folder / "courant.toml")]
    subprocess.run([*command, "cluster", "join"], env=node.env, check=True, capture_output=True, timeout=60)
    with open(folder / "log", "w") as log:
        other = subprocess.Popen([*command, "run"], env=node.env, stdout=subprocess.DEVNULL, stderr=log)
    try:
        time.sleep(FOR)
        cluster.disturb(node)
    finally:
        other.kill()
        other.wait()
    cluster.disturb(node)
    says(node, "another process may be called")
    cluster.asks(node, time.monotonic())
    cluster.disturb(node)
    shutil.rmtree(folder)
    return time.monotonic() - since - FOR


# What they look for.

def others_lead(cluster, node):
    wait_for(lambda: cluster.leader() not in (None, node), 10, f"nobody but {node.name} leads")


def serves(node):
    if node.get(checks.OUTPUTS[0])[0] != 200:
        raise SystemExit(f"FAIL {node.name} does not serve")


def says(node, words):
    wait_for(lambda: words in node.log(), 20, f"{node.name} does not say: {words}")


def catches_up(cluster, node):
    newest = int(cluster.pair.sql(NEWEST))
    wait_for(lambda: (node.applied() or 0) >= newest, 60, f"{node.name} does not catch up")
    cluster.asks(node, time.monotonic())
    cluster.disturb(node)


def comes_anew(node):
    """With the cluster's database."""
    node.process.wait()
    shutil.rmtree(node.database.parent)
    node.do("join")
    node.start()


def restarted_with(cluster, node, shim, name, more):
    """A library is loaded into the node, which reads the file that this gives."""
    library, told = cluster.folder / f"{shim}.so", node.path / shim
    if not library.exists():
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, FAULTS / f"{shim}.c", "-ldl"], check=True)
    cluster.disturb(node)
    node.stop()
    node.env |= {"LD_PRELOAD": str(library), name: str(told), **more}
    node.start()
    cluster.asks(node, time.monotonic())
    cluster.disturb(node)
    return told


def as_usual(cluster, node):
    cluster.disturb(node)
    node.stop()
    node.env.pop("LD_PRELOAD")
    node.start()
    cluster.asks(node, time.monotonic())
    cluster.disturb(node)
