"""RSS Guard 4.0.4 on a screen that nobody sees: an account, its figures, and keys as a person presses them.

Needs from Debian's packages: rssguard xvfb xdotool. Its password is kept as RSS Guard keeps it, hidden from a glance by a key of
the data folder; its shortcuts are ours.
"""
import base64
import json
import sqlite3
import time

from screen import Cache, Screen

KEY = 0x1122334455667788
FIGURES = ("Messages", "Messages WHERE is_read = 0", "Messages WHERE is_important = 1")
SHORTCUTS = {
    "ctrl+shift+F2": "m_actionSelectNextItem",
    "ctrl+shift+F3": "m_actionSelectNextMessage",
    "ctrl+shift+F4": "m_actionSwitchImportanceOfSelectedMessages",
    "ctrl+shift+F5": "m_actionUpdateAllItems",
}
NEXT_FEED, NEXT_ARTICLE, STAR, SYNC = SHORTCUTS
SETTINGS = """[main]
first_run=false
first_run_4.0.4=false
[feeds]
feeds_update_on_startup=true
feeds_update_on_startup_delay=1
feed_update_timeout=20000
[keyboard]
"""


def checksum(data):
    """CRC-16/X-25, Qt's `qChecksum`."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8408 if crc & 1 else crc >> 1
    return crc ^ 0xFFFF


def hidden(password):
    plain = b"\x42" + checksum(password.encode()).to_bytes(2, "big") + password.encode()
    out, last = bytearray(), 0
    for at, byte in enumerate(plain):
        last = byte ^ (KEY >> (8 * (at % 8)) & 0xFF) ^ last
        out.append(last)
    return base64.b64encode(bytes([3, 2]) + bytes(out)).decode()


class RssGuard(Cache):
    def __init__(self, folder):
        data = folder / "rssguard"
        (data / "config").mkdir(parents=True)
        (data / "config" / "key.private").write_text(str(KEY))
        keys = "".join(f"{action}={key.title()}\n" for key, action in SHORTCUTS.items())
        (data / "config" / "config.ini").write_text(SETTINGS + keys)
        folder.chmod(0o700)
        super().__init__(data / "database" / "database.db", FIGURES)
        web = {"QTWEBENGINE_DISABLE_SANDBOX": "1", "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu"}
        self.screen = Screen({"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), **web})
        self.folder, self.data = folder, data

    def open(self, server):
        # Its tables; then the account's feeds; then their articles.
        for ready in (lambda: self.ask("SELECT count(*) FROM Accounts") == 0, lambda: self.ask("SELECT count(*) FROM Feeds") > 0):
            self.screen.start(["rssguard", "-d", str(self.data)], self.folder / "log")
            self.until(ready)
            self.screen.end()
            if self.ask("SELECT count(*) FROM Accounts") == 0:
                self.add_account(server)
        self.screen.start(["rssguard", "-d", str(self.data)], self.folder / "log")
        self.until(lambda: self.figures()[0] > 0)
        self.settled()

    def add_account(self, server):
        custom = {
            "service": 1, "username": "reader", "password": hidden(server.password), "batch_size": 100, "download_only_unread": False,
            "intelligent_synchronization": True, "url": server.url,
        }
        database = sqlite3.connect(self.file, timeout=10)
        known = {row[1] for row in database.execute("PRAGMA table_info(Accounts)")}
        row = {"type": "greader", "proxy_type": 0, "custom_data": json.dumps(custom), "ordr": 1}
        row = {name: value for name, value in row.items() if name in known}
        database.execute(f"INSERT INTO Accounts({', '.join(row)}) VALUES({', '.join('?' * len(row))})", list(row.values()))
        database.commit()
        database.close()

    def star_one(self):
        """The first article of the first feed, which is read by being selected."""
        self.screen.press(NEXT_FEED, NEXT_FEED, NEXT_ARTICLE, STAR)
        self.sync()

    def sync(self):
        self.screen.press(SYNC)
        time.sleep(4)
        return self.settled()
