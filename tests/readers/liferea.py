"""liferea 1.14 on a screen that nobody sees. Needs from Debian's packages: liferea xvfb xdotool dbus-x11."""
import time

from screen import Cache, Screen

FIGURES = ("items", "items WHERE NOT read", "items WHERE marked")
NEXT_UNREAD, STAR = "ctrl+n", "ctrl+t"


class Liferea(Cache):
    def __init__(self, folder):
        config, runtime = folder / ".config" / "liferea", folder / "run"
        config.mkdir(parents=True)
        runtime.mkdir()
        runtime.chmod(0o700)
        super().__init__(folder / ".local" / "share" / "liferea" / "liferea.db", FIGURES)
        places = {"XDG_CONFIG_HOME": ".config", "XDG_DATA_HOME": ".local/share", "XDG_CACHE_HOME": ".cache", "XDG_RUNTIME_DIR": "run"}
        self.screen = Screen({"HOME": str(folder), **{name: str(folder / place) for name, place in places.items()}})
        self.feedlist, self.log = config / "feedlist.opml", folder / "log"

    def open(self, server):
        self.feedlist.write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="1.0"><head><title>Liferea Feed List Export</title></head><body>\n'
            '<outline title="courant" text="courant" type="source" id="courant" sourceType="fl_google_reader" '
            f'xmlUrl="{server.url}" updateInterval="-1" username="reader" password="{server.password}"/>\n</body></opml>\n'
        )
        self.start()
        self.until(lambda: self.figures()[0] > 0)
        self.settled()

    def start(self):
        self.screen.start(["dbus-run-session", "--", "liferea"], self.log)

    def star_one(self):
        """The next unread article, which is read by being selected."""
        self.screen.press(NEXT_UNREAD, STAR)
        # It tells its server at once.
        return self.settled()

    def sync(self):
        """It asks when it is started."""
        self.screen.end()
        self.start()
        time.sleep(10)
        return self.settled()
