"""An origin of many hosts on loopback (127.77.0.1, .2, …) that publishes entries on a clock, keeps the truth, and writes
down who asked what when.

    with Origin(n_hosts, feeds_a_host) as origin:
        origin.publish(rate)    # entries a second, over all feeds; 0: no more
        origin.hold()           # requests are taken and not answered, until origin.release()
        origin.truth            # link → when it was published
        origin.log              # Asked, in order
"""
import asyncio
import collections
import email.utils
import random
import threading
import time

Asked = collections.namedtuple("Asked", "at host path agent status")

WORDS = "harbour neutrino bakery compiler canyon keyboard satellite parking telescope orchard turbine violin glacier router lantern".split()

# As many entries are in a feed, the newest: more than are published between two polls that a drill delays.
KEPT = 400


class Origin:
    def __init__(self, n_hosts, feeds_a_host, seed=1):
        self.chance = random.Random(seed)
        self.hosts = [f"127.77.{n // 250}.{n % 250 + 1}" for n in range(n_hosts)]
        self.feeds = {(host, f"/{n}.xml"): [] for host in self.hosts for n in range(feeds_a_host)}
        self.truth, self.log, self.port = {}, [], None
        self.rate, self.lock, self.servers = 0.0, threading.Lock(), []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.ask(self.open())
        return self

    def __exit__(self, *_):
        self.ask(self.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def ask(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    async def open(self):
        self.answering = asyncio.Event()
        self.answering.set()
        for host in self.hosts:
            server = await asyncio.start_server(lambda *streams, host=host: self.serve(host, *streams), host, self.port or 0)
            self.port = self.port or server.sockets[0].getsockname()[1]
            self.servers.append(server)
        self.clock = asyncio.ensure_future(self.tick())

    async def close(self):
        for server in self.servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def urls(self):
        return [f"http://{host}:{self.port}{path}" for host, path in self.feeds]

    def publish(self, rate):
        self.rate = rate

    def hold(self):
        self.loop.call_soon_threadsafe(self.answering.clear)

    def release(self):
        self.loop.call_soon_threadsafe(self.answering.set)

    def add(self, n):
        """So many entries at once, each in some feed."""
        with self.lock:
            for feed in self.chance.choices(list(self.feeds), k=n):
                i = len(self.feeds[feed])
                link = f"http://{feed[0]}:{self.port}{feed[1]}/{i}"
                words = " ".join(self.chance.choices(WORDS, k=60))
                item = (f"<item><guid>{link}</guid><link>{link}</link>"
                        f"<title>{' '.join(self.chance.choices(WORDS, k=5))} {feed[0]} {i}</title><pubDate>{email.utils.formatdate()}</pubDate>"
                        f"<description>{words} {link}</description></item>")
                self.feeds[feed].append(item)
                self.truth[link] = time.monotonic()

    async def tick(self):
        owed, last = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(0.05)
            now = time.monotonic()
            owed, last = owed + self.rate * (now - last), now
            self.add(int(owed))
            owed -= int(owed)

    async def serve(self, host, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                at = time.monotonic()
                line, *fields = head.decode("latin-1").split("\r\n")
                path = line.split()[1]
                fields = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
                # Written down before it is answered: who is killed meanwhile has asked.
                n = len(self.log)
                self.log.append(Asked(at, host, path, fields.get("user-agent", ""), 0))
                await self.answering.wait()
                status, answer, tag = self.answer(host, path, fields)
                self.log[n] = self.log[n]._replace(status=status)
                writer.write(f"HTTP/1.1 {status} x\r\nContent-Type: application/rss+xml\r\n{tag}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the other side has gone, which is what the drills are for, or we go
        finally:
            writer.close()

    def answer(self, host, path, fields):
        items = self.feeds.get((host, path))
        if items is None:
            return 404, b"", ""
        with self.lock:
            tag, newest = f'"{len(items)}"', items[-KEPT:]
        if fields.get("if-none-match") == tag:
            return 304, b"", f"ETag: {tag}\r\n"
        return 200, f"<rss version='2.0'><channel><title>Feed {host}{path}</title>{''.join(reversed(newest))}</channel></rss>".encode(), f"ETag: {tag}\r\n"
