"""What happens to nodes, database and network while people write."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil

from bench import ours, processes
from bench.faults.platform import BadPlatform
from bench.faults.proxy import Cable
from bench.postgres import Store


def _is_up(port: int) -> bool:
    """Tells whether anybody takes connections."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
        return True
    return False


class Nodes:
    """Several nodes on one database; one that ended is started again, as an operator's supervisor does."""

    def __init__(self, count: int, settings: Mapping[str, str]) -> None:
        self._settings = dict(settings)
        self._servers: list[ours.Server] = []
        for number in range(count):
            self._servers.append(ours.serve(self._settings, folder=f"faults-{number}"))
        self.ports = [server.port for server in self._servers]
        self.restarts = 0

    async def ready(self) -> None:
        """Waits until all nodes understand a message."""
        for server in self._servers:
            await asyncio.to_thread(ours.ready, server)

    def any(self, chance: random.Random) -> ours.Server:
        """Returns one of them."""
        return chance.choice(self._servers)

    def replace_dead(self) -> None:
        """Starts those again whose process has ended."""
        for number, server in enumerate(self._servers):
            if not server.process.alive:
                server.stop()
                self._servers[number] = ours.serve(self._settings, folder=f"faults-{number}", port=server.port)
                self.restarts += 1

    def stop(self) -> None:
        """Ends all nodes, side by side."""
        with ThreadPoolExecutor(len(self._servers)) as hands:
            list(hands.map(lambda server: server.stop(), self._servers))


class Chaos:
    """Does one bad thing after another."""

    def __init__(
        self, nodes: Nodes, store: Store, cable: Cable, platform: BadPlatform, chance: random.Random, pause: float
    ) -> None:
        self._nodes = nodes
        self._store = store
        self._cable = cable
        self._platform = platform
        self._chance = chance
        self._pause = pause
        self.done: Counter[str] = Counter()
        self.notes: list[str] = []  # what a deploy that did not end well said
        self._deeds: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "kill -9 of a process": (5, self._kill),
            "process stopped for seconds (SIGSTOP)": (2, self._freeze),
            "deploy (SIGTERM, start)": (1, self._deploy),
            "database restarted as after a power cut": (1, self._database),
            "network to the database cut": (2, lambda: self._cable.cut(self._chance.uniform(0.5, 3))),
            "platform away": (1, self._platform_away),
        }

    async def run(self, most: int | None = None) -> None:
        """Goes on until it has done so many, or until cancelled; each kind happens at least once if there is time."""
        plan = list(self._deeds)
        self._chance.shuffle(plan)
        while most is None or sum(self.done[name] for name in self._deeds) < most:
            await asyncio.sleep(self._pause * self._chance.uniform(0.5, 1.5))
            names, weights = list(self._deeds), [weight for weight, _ in self._deeds.values()]
            name = plan.pop() if plan else self._chance.choices(names, weights)[0]
            await self._deeds[name][1]()
            self.done[name] += 1
            self._nodes.replace_dead()

    async def _kill(self) -> None:
        victim = self._chance.choice(processes.tree(self._nodes.any(self._chance).pid))
        with suppress(psutil.NoSuchProcess):
            victim.kill()
        await asyncio.sleep(0.2)

    async def _freeze(self) -> None:
        tree = processes.tree(self._nodes.any(self._chance).pid)
        for process in tree:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(self._chance.uniform(1, 4))
        finally:  # also where everything ends in the middle of it
            for process in tree:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)

    async def _deploy(self) -> None:
        """Ends a node that is up, as an operator does, and lets it start again; one that is down is started anyway."""
        server = self._nodes.any(self._chance)
        if not server.process.alive or not await asyncio.to_thread(_is_up, server.port):
            return
        started = time.monotonic()
        server.process.popen.terminate()
        try:
            code = await asyncio.to_thread(server.process.popen.wait, 40)
        except subprocess.TimeoutExpired:
            code = -1
        if code:
            self.done["deploy that did not end well"] += 1
            self.notes.append(f"exit code {code} after {time.monotonic() - started:.1f} s: {server.process.said()}")

    async def _database(self) -> None:
        await asyncio.to_thread(self._store.restart)

    async def _platform_away(self) -> None:
        self._platform.down = True
        await asyncio.sleep(self._chance.uniform(1, 4))
        self._platform.down = False
