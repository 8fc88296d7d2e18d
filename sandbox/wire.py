"""A wire that breaks on demand: a TCP proxy to put between a client and any server (HTTP, SMTP, PostgreSQL)."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Literal

Mode = Literal["good", "silent", "trickle", "cut_answer", "cut_once", "refuse"]
_PIECE = 65536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close at once, with RST


class Wire:
    """Forwards connections to `port` on this machine (or to `unix_socket`); `mode` may change while they are open.

    * good: forwards
    * silent: takes connections and bytes, forwards nothing, says nothing
    * trickle: forwards what the client says, and the answers byte by byte, one each `pause` seconds
    * cut_answer: forwards what the client says; resets the connection when the answer comes
    * cut_once: the same for one answer, then good
    * refuse: resets every connection at once
    """

    def __init__(self, port: int, mode: Mode = "good", pause: float = 0.2, unix_socket: str = "") -> None:
        self._target = port
        self._unix_socket = unix_socket
        self.mode: Mode = mode
        self.pause = pause
        self.cut = 0  # answers that did not arrive
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def close(self) -> None:
        """Closes all connections and stops listening."""
        self.mode = "refuse"
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Resets the connections that are open."""
        for one in list(self._open):
            self._end(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == "refuse":
                self._end(client)
                continue
            try:
                server = self._connect()
            except OSError:
                self._end(client)
                continue
            self._open |= {client, server}
            for source, sink, is_answer in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._carry, args=(source, sink, is_answer), daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._unix_socket:
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._unix_socket)
        else:
            server = socket.create_connection(("127.0.0.1", self._target), 2)
            server.settimeout(None)
        return server

    def _carry(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                while self.mode == "silent":
                    time.sleep(0.01)
                if self.mode == "refuse":
                    break
                if is_answer and self.mode in ("cut_answer", "cut_once"):
                    self.cut += 1
                    self.mode = "good" if self.mode == "cut_once" else self.mode
                    break
                if is_answer and self.mode == "trickle":
                    self._trickle(sink, piece)
                else:
                    sink.sendall(piece)
        self._end(source)
        self._end(sink)

    def _trickle(self, sink: socket.socket, piece: bytes) -> None:
        for place in range(len(piece)):
            if self.mode != "trickle":
                sink.sendall(piece[place:])
                return
            sink.sendall(piece[place : place + 1])
            time.sleep(self.pause)

    def _end(self, one: socket.socket) -> None:
        self._open.discard(one)
        with suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            one.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            one.close()
