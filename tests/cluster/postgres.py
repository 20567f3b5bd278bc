"""PostgreSQL for the drills: a primary with a synchronous standby, as Debian packs them, in a folder of their own on loopback.

    with Pair(folder) as pair:
        pair.url()              # of both servers: whoever takes writes is used
        pair.kill_primary()     # as a crash does
        pair.promote()          # the standby takes writes at once, without a standby of its own
        pair.rebuild()          # the other one becomes the standby, synchronous when it has caught up

Servers end with the process that started them.
"""
import ctypes
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

SETTINGS = """
listen_addresses = '127.0.0.1'
wal_level = replica
max_wal_senders = 8
max_connections = 100
hot_standby = on
synchronous_commit = on
wal_keep_size = '256MB'
shared_buffers = '64MB'
ssl = off
"""

libc = ctypes.CDLL(None)


def programs():
    """Where the newest server's programs are; None where there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    path = found[-1] if found else shutil.which("initdb")
    return pathlib.Path(path).parent if path else None


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def unprivileged():
    """Arguments that have a program run without root's rights; initdb refuses root."""
    if os.getuid() != 0:
        return {}
    names = {user.pw_name for user in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Server:
    """One server, running or not."""

    def __init__(self, folder, name):
        self.folder, self.name, self.port, self.process = folder / name, name, free_port(), None
        self.socket_folder = folder

    def tool(self, name, *words, check=True, timeout=60):
        done = subprocess.run([programs() / name, *map(str, words)], cwd=self.socket_folder, capture_output=True, text=True, timeout=timeout, **unprivileged())
        if check and done.returncode != 0:
            raise SystemExit(f"FAIL {name}: {done.stderr or done.stdout}")
        return done

    def start(self):
        log = open(self.socket_folder / f"{self.name}.log", "a")
        self.process = subprocess.Popen(
            [programs() / "postgres", "-D", self.folder, "-p", str(self.port), "-k", self.socket_folder],
            cwd=self.socket_folder, stdout=log, stderr=log, preexec_fn=lambda: libc.prctl(1, signal.SIGQUIT), start_new_session=True, **unprivileged())
        log.close()
        wait_for(lambda: self.sql("SELECT 1", check=False) == "1", 60, f"PostgreSQL {self.name} does not start")

    def sql(self, text, database="postgres", check=True):
        """What psql prints, one row a line."""
        done = self.tool("psql", "-h", "127.0.0.1", "-p", self.port, "-U", "courant", "-d", database, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", text, check=check)
        return done.stdout.strip() if done.returncode == 0 else None

    def set(self, name, value):
        self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
        self.sql("SELECT pg_reload_conf()")

    def stop(self, how=signal.SIGINT):
        """SIGINT: fast, as Debian's service stops it; SIGQUIT: as a crash."""
        if self.process:
            if how == signal.SIGKILL:
                # Its children write to nobody any more, and go.
                for child in self.children():
                    end(child, signal.SIGKILL)
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def freeze(self, how=signal.SIGSTOP):
        self.process.send_signal(how)
        for child in self.children():
            end(child, how)

    def thaw(self):
        self.freeze(signal.SIGCONT)

    def children(self):
        return [int(child) for child in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]


class Pair:
    """A primary and its synchronous standby."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if user := unprivileged():
            for above in (self.folder, *self.folder.parents):
                if str(above).startswith("/tmp/") and above.stat().st_uid == 0:
                    above.chmod(above.stat().st_mode | 0o011)
            os.chown(self.folder, user["user"], user["group"])
        self.primary, self.standby = Server(self.folder, "one"), Server(self.folder, "two")

    def __enter__(self):
        self.primary.tool("initdb", "--pgdata", self.primary.folder, "--auth=trust", "--username=courant", "--no-locale", "--encoding=UTF8")
        with open(self.primary.folder / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS)
        self.primary.start()
        self.primary.sql("CREATE DATABASE courant")
        self.attach()
        return self

    def __exit__(self, *_):
        for server in (self.standby, self.primary):
            server.stop(signal.SIGQUIT)

    def ports(self):
        return [self.primary.port, self.standby.port]

    def url(self, name="courant", ports=None):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports or self.ports())
        return f"postgres://courant@{hosts}/courant?sslmode=disable&application_name={name}"

    def attach(self):
        """Makes the standby from the primary, and waits until commits wait for it."""
        shutil.rmtree(self.standby.folder, ignore_errors=True)
        self.primary.tool("pg_basebackup", "-h", "127.0.0.1", "-p", self.primary.port, "-U", "courant", "-D", self.standby.folder,
                          "--checkpoint=fast", "--write-recovery-conf", "-d", f"application_name={self.standby.name}")
        self.standby.start()
        self.primary.set("synchronous_standby_names", self.standby.name)
        wait_for(lambda: self.primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync", 60, "the standby does not catch up")

    def kill_primary(self):
        self.primary.stop(signal.SIGKILL)

    def promote(self):
        """The standby becomes the primary; it waits for no standby until there is one."""
        self.primary, self.standby = self.standby, self.primary
        self.primary.sql("SELECT pg_promote(true, 30)")
        self.primary.set("synchronous_standby_names", "")

    def rebuild(self):
        self.standby.stop(signal.SIGQUIT)
        self.attach()

    def sql(self, text):
        return self.primary.sql(text, "courant")


def wait_for(true, seconds, otherwise):
    """Until it is; how long that took."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > seconds:
            raise SystemExit(f"FAIL {otherwise} ({seconds} s)")
        time.sleep(0.05)
    return time.monotonic() - begun


def end(pid, how):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass  # it has ended by itself
