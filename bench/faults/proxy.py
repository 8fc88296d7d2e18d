"""The network between a node and PostgreSQL, which can be cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Cable:
    """Forwards TCP connections on loopback to PostgreSQL's socket; `cut` breaks them all and refuses new ones."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self.port = 0

    async def start(self) -> None:
        """Starts to forward."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(self._socket)
        except OSError:
            writer.close()
            return
        self._open |= {writer, far_writer}
        with suppress(asyncio.CancelledError):  # the loop ends
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._open -= {writer, far_writer}

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def cut(self, seconds: float) -> None:
        """Breaks every connection for so long."""
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(seconds)
        self._cut = False

    def close(self) -> None:
        """Ends the forwarding."""
        if self._server:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
