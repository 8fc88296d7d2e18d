"""A small HTTP/1.1 client and server: on two cores every millisecond the load costs is missing in the result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

Headers = dict[str, str]
Answer = Callable[[str, Headers, bytes], Awaitable[bytes]]


async def _head(reader: asyncio.StreamReader) -> tuple[str, Headers]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Headers) -> bytes:
    return await reader.readexactly(int(headers.get("content-length", "0")))


async def request(reader: asyncio.StreamReader) -> tuple[str, Headers, bytes]:
    """Reads one request: path, headers, body."""
    first, headers = await _head(reader)
    return first.split()[1], headers, await _body(reader, headers)


def response(status: int, body: bytes) -> bytes:
    """Returns the bytes of an answer."""
    head = f"HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class _Connection:
    def __init__(self, port: int, address: str) -> None:
        self._port, self._address = port, address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, request: bytes) -> tuple[int, bytes]:
        """Sends a request; once more on a new connection if the kept one was closed meanwhile."""
        kept = self._streams is not None
        try:
            return await self._exchange(request)
        except (asyncio.IncompleteReadError, OSError):
            self.close()
            if not kept:
                raise
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._address, self._port)
        reader, writer = self._streams
        writer.write(request)
        status, headers = await _head(reader)
        body = await _body(reader, headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return int(status.split()[1]), body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


class Client:
    """Posts over a fixed number of kept connections."""

    def __init__(self, port: int, connections: int, address: str = "127.0.0.1") -> None:
        self._all = [_Connection(port, address) for _ in range(connections)]
        self._free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()
        for connection in self._all:
            self._free.put_nowait(connection)

    async def post(self, path: str, body: bytes, headers: Headers) -> tuple[int, bytes]:
        """Returns status and body of the answer."""
        lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        connection = await self._free.get()
        try:
            return await connection.post("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        except BaseException:
            connection.close()  # an answer may still be on its way
            raise
        finally:
            self._free.put_nowait(connection)

    def close(self) -> None:
        """Closes all connections."""
        for connection in self._all:
            connection.close()


async def serve(answer: Answer, socket: str = "") -> tuple[asyncio.Server, int]:
    """Serves POSTs on loopback, or at a socket in the file system; returns the server and its port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                writer.write(response(200, await answer(*await request(reader))))
        writer.close()

    if socket:
        return await asyncio.start_unix_server(talk, socket), 0
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    return server, int(server.sockets[0].getsockname()[1])
