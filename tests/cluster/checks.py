"""What must be true, whatever was done to the cluster. Each check returns what is wrong, in sentences; nothing is well."""
import collections
import hashlib

from nodes import OWN_TABLES, name_of

# How much later than it was sent a request may be seen, and how much earlier than it should be.
TOLERANCE = 0.05

# For so long after a node was disturbed what it had in hand may be asked again.
IN_HAND = 12.0

# So many requests a node may have in hand when it is disturbed.
MOST_IN_HAND = 16

OUTPUTS = ["/feeds/all.atom", "/feeds/all.rss", "/feeds/all.json"]

Disturbed = collections.namedtuple("Disturbed", "at name")


# Where the machine is not quiet, what is late is said and counted, and is no failure.
late = []


def limit(what, found, most, is_loaded=False):
    if found > most and is_loaded:
        late.append(f"{what}: {found:.2f} s, of {most} s at most")
    elif found > most:
        raise SystemExit(f"FAIL {what}: {found:.2f} s, of {most} s at most")
    return found


def entries(replica, truth):
    """Of what was published, each is there once."""
    found = collections.Counter(link for link, in replica.execute("SELECT link FROM entries"))
    lost, doubled, others = set(truth) - set(found), [link for link, n in found.items() if n > 1], set(found) - set(truth)
    wrong = [f"{len(lost)} entries lost, as {min(lost)}"] if lost else []
    wrong += [f"{len(doubled)} entries twice, as {min(doubled)}"] if doubled else []
    return wrong + ([f"{len(others)} entries that nobody published, as {min(others)}"] if others else [])


def intervals(log, interval, disturbed, wanted=()):
    """No feed is asked again before its interval is over, but for those that a person wanted at that time."""
    groups = _by(log, lambda asked: (asked.host, asked.path), pages=True)
    for feed, at in wanted:
        groups[feed] = [asked for asked in groups[feed] if not at - interval <= asked.at <= at + interval + IN_HAND]
    return _too_soon("feeds", groups, interval, disturbed)


def spacing(log, spacing, disturbed, among_nodes_alone=False):
    """From the start of one request at a host to the next, whoever asks. On a machine that is not quiet a request may be sent, or
    seen, later than it was begun: what one node does by itself is then not judged."""
    return _too_soon("hosts", _by(log, lambda asked: asked.host), spacing, disturbed, among_nodes_alone)


def _by(log, key, pages=False):
    groups = collections.defaultdict(list)
    for asked in log:
        if not pages or asked.path.endswith(".xml"):
            groups[key(asked)].append(asked)
    return groups


def _too_soon(what, groups, least, disturbed, among_nodes_alone=False):
    """Exactly once cannot be had from outside: of a node that was disturbed, what it had in hand is let pass and counted."""
    wrong, in_hand = [], collections.Counter()
    for key, asked in groups.items():
        for one, next in zip(asked, asked[1:]):
            gap = next.at - one.at
            if gap >= least - TOLERANCE:
                continue
            names = {name_of(one.agent), name_of(next.agent)}
            if among_nodes_alone and len(names) == 1:
                continue
            cause = [event for event in disturbed if event.name in names and event.at - 1 <= next.at <= event.at + IN_HAND]
            if cause:
                in_hand[cause[-1]] += 1
            else:
                wrong.append(f"{key} after {gap:.3f} s by {sorted(map(str, names))}")
    wrong = [f"{len(wrong)} times {what} asked too soon, as {wrong[0]}"] if wrong else []
    return wrong + [f"{n} requests of {event.name} asked again, more than it had in hand" for event, n in in_hand.items() if n > MOST_IN_HAND]


def tables(replica):
    """Table → hash of its rows. Of the text index: which entries it holds, of how many terms."""
    names = [name for name, in replica.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    hashes = {}
    for name in names:
        if not OWN_TABLES.match(name) or name == "search_docsize":
            rows = sorted(map(repr, replica.execute(f'SELECT * FROM "{name}"')))
            hashes[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest(), len(rows)
    return hashes


def replicas(copies):
    """Node → copy: all of them hold the same rows."""
    (first, one), *others = ((name, tables(copy)) for name, copy in copies.items())
    return [f"table {table} of {name} ({other.get(table, (0, 0))[1]} rows) is not as of {first} ({one.get(table, (0, 0))[1]} rows)"
            for name, other in others for table in sorted(one.keys() | other.keys()) if one.get(table) != other.get(table)]


def outputs(nodes):
    """All nodes answer alike, to the byte and with the same tag."""
    wrong = []
    for path in OUTPUTS:
        first, *others = (node.get(path) for node in nodes)
        wrong += [f"{path} of {nodes[0].name}: {first[0]}"] if first[0] != 200 or not first[1] else []
        wrong += [f"{path} of {node.name} is not as of {nodes[0].name}" for node, other in zip(nodes[1:], others) if other != first]
    return wrong
