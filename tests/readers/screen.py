"""A program with windows on a screen that nobody sees, and keys as a person presses them. Needs xvfb and xdotool."""
import os
import sqlite3
import subprocess
import time


class Screen:
    def __init__(self, env):
        # It chooses a display that is free, and says which.
        chosen, told = os.pipe()
        command = ["Xvfb", "-displayfd", str(told), "-screen", "0", "1280x800x24"]
        self.server = subprocess.Popen(command, pass_fds=[told], stderr=subprocess.DEVNULL)
        os.close(told)
        with os.fdopen(chosen) as numbers:
            display = numbers.readline().strip()
        if not display:
            raise SystemExit("Xvfb does not start")
        self.env = {**os.environ, **env, "DISPLAY": f":{display}"}
        self.process = None

    def start(self, command, log):
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, env=self.env, stdout=out, stderr=out)

    def end(self):
        self.process.terminate()
        self.process.wait()

    def stop(self):
        if self.process:
            self.end()
        self.server.terminate()
        self.server.wait()

    def xdotool(self, *arguments):
        return subprocess.run(["xdotool", *arguments], env=self.env, capture_output=True, text=True, check=True).stdout

    def press(self, *keys):
        # No window manager gives it the focus.
        window = self.xdotool("search", "--onlyvisible", "--name", ".").split()[0]
        self.xdotool("windowfocus", "--sync", window)
        for key in keys:
            self.xdotool("key", "--clearmodifiers", key)
            time.sleep(1)


class Cache:
    """The SQLite database in which an app keeps what it has."""

    def __init__(self, file, figures):
        self.file, self.counts = file, figures

    def ask(self, sql):
        database = sqlite3.connect(self.file, timeout=10)
        try:
            return database.execute(sql).fetchone()[0]
        finally:
            database.close()

    def figures(self):
        """Articles, unread ones, starred ones."""
        return tuple(self.ask(f"SELECT count(*) FROM {what}") for what in self.counts)

    def until(self, ready, seconds=60):
        for _ in range(seconds * 2):
            try:
                if ready():
                    return
            except sqlite3.Error:
                # It is not made yet.
                pass
            time.sleep(0.5)
        raise SystemExit("it does not get there")

    def settled(self):
        """The figures, when nothing more arrives for a while."""
        before = None
        while (now := self.figures()) != before:
            before = now
            time.sleep(4)
        return now
