"""The wire between a node and PostgreSQL, which drills cut: a door on loopback for each server, behind which bytes are handed on.

    with Wires() as wires:
        wire = wires.to(ports)      # of the servers; wire.ports are those that a node dials
        wire.be(SILENT)             # nothing comes through, and nobody is told: what is sent waits, as packets that are lost do
        wire.be(DEAF)               # what the node sends arrives, and no answer comes back
        wire.be(CUT)                # connections are reset, and new ones refused
        wire.be(OPEN)               # what waited comes through
"""
import asyncio
import threading

OPEN, SILENT, DEAF, CUT = "open", "silent", "deaf", "cut"


class Wires:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        async def end():
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.ask(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def ask(self, what):
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    def to(self, ports):
        wire = Wire(self, ports)
        self.ask(wire.open())
        return wire


class Wire:
    def __init__(self, wires, ports):
        self.wires, self.targets, self.ports = wires, ports, []
        self.how, self.streams, self.doors = OPEN, set(), []

    async def open(self):
        self.moved = asyncio.Condition()
        for target in self.targets:
            door = await asyncio.start_server(lambda reader, writer, target=target: self.hand_on(target, reader, writer), "127.0.0.1", 0)
            self.ports.append(door.sockets[0].getsockname()[1])
            self.doors.append(door)

    def be(self, how):
        async def change():
            self.how = how
            if how == CUT:
                for writer in list(self.streams):
                    writer.transport.abort()
            async with self.moved:
                self.moved.notify_all()

        self.wires.ask(change())

    async def until(self, *hows):
        async with self.moved:
            await self.moved.wait_for(lambda: self.how in hows)

    async def hand_on(self, target, reader, writer):
        if self.how == CUT:
            return writer.transport.abort()
        try:
            await self.until(OPEN, DEAF)
            there, back = await asyncio.open_connection("127.0.0.1", target)
        except (ConnectionError, asyncio.CancelledError):
            return writer.transport.abort()
        self.streams |= {writer, back}
        try:
            await asyncio.gather(self.pump(reader, back, OPEN, DEAF), self.pump(there, writer, OPEN))
        except (ConnectionError, asyncio.CancelledError):
            pass  # either side has gone, or we go
        finally:
            self.streams -= {writer, back}
            writer.transport.abort()
            back.transport.abort()

    async def pump(self, reader, writer, *hows):
        while data := await reader.read(65536):
            if self.how not in hows:
                await self.until(*hows)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
