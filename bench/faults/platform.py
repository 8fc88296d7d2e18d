"""A platform that behaves badly: errors, rate limits, silence, and answers lost after the message was taken."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from bench import wire
from bench.zalo import ACCESS, Platform


@dataclass(frozen=True)
class Rates:
    """How often a send meets each fault; the rest succeeds."""

    broken: float = 0.03  # 500, nothing taken
    limited: float = 0.0003  # -32, nothing taken; the whole account then rests for a minute
    lost: float = 0.02  # taken, and the connection is cut before the answer
    slow: float = 0.03  # taken, answered after a second


@dataclass
class Seen:
    """What the platform saw: for each user the numbers and texts of the messages it showed."""

    shown: defaultdict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    faults: Counter[str] = field(default_factory=Counter)
    unheard: int = 0  # taken, but the sender never got the answer: cut by us, or it was killed meanwhile


class BadPlatform(Platform):
    """Zalo with faults."""

    def __init__(self, rates: Rates, chance: random.Random) -> None:
        super().__init__()
        self.seen = Seen()
        self.down = False
        self._rates = rates
        self._chance = chance

    async def start(self) -> None:
        """Starts to listen on loopback."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self._server, port = server, int(server.sockets[0].getsockname()[1])
        self._url = f"http://127.0.0.1:{port}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                path, headers, body = await wire.request(reader)
                if self.down or not await self._handle(path, headers, body, reader, writer):
                    break
        writer.close()

    async def _handle(
        self, path: str, headers: wire.Headers, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if path.startswith("/v4/oa/access_token") or headers.get("access_token") != ACCESS:
            writer.write(wire.response(200, await self._answer(path, headers, body)))
            return True
        fault = self._fault()
        self.seen.faults[fault] += 1
        if fault == "broken":
            writer.write(wire.response(500, b"oops"))
            return True
        if fault == "limited":
            writer.write(wire.response(200, orjson.dumps({"error": -32, "message": "rate limit"})))
            return True
        given = orjson.loads(body)
        user, text = str(given["recipient"]["user_id"]), given["message"]["text"]
        answer = await self._answer(path, headers, body)
        self.seen.shown[user].append((self.taken, text))
        await asyncio.sleep(1 if fault == "slow" else 0.01)
        # A sender that died has closed its end: what it was told then, it never learned.
        if fault == "lost" or reader.at_eof() or writer.is_closing():
            self.seen.unheard += 1
            return False
        writer.write(wire.response(200, answer))
        return True

    def _fault(self) -> str:
        at = self._chance.random()
        for name, rate in vars(self._rates).items():
            at -= rate
            if at < 0:
                return str(name)
        return "none"
