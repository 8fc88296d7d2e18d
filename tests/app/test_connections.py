"""Clients that hold connections: half heads, half bodies, endless headers, and simply many of them."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn

from assistant.app.connections import Bounds, Connections, bounded
from tests.kit.waiting import until

PATIENCE = 30
WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Doors:
    """A server with these bounds, and what it refused."""

    def __init__(self, bounds: Bounds) -> None:
        self.refused: Counter[str] = Counter()
        self.held = threading.Event()
        self.connections = Connections(bounds, lambda why: self.refused.update([why]))
        config = uvicorn.Config(
            self.answer, http=bounded(self.connections), interface="asgi3", lifespan="off", ws="none",
            log_config=None, access_log=False,
            timeout_keep_alive=PATIENCE, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self.server = uvicorn.Server(config)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers at once, after the whole body, or begins an answer that goes on for ever."""
        if scope["path"] == "/body":
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                if not message.get("more_body"):
                    break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b"on", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass
            self.held.set()
            return
        await send({"type": "http.response.body", "body": b"ok"})

    def connect(self) -> socket.socket:
        """Opens a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


@contextmanager
def doors(**bounds: Any) -> Iterator[Doors]:
    """Runs doors with bounds that are small enough to be reached."""
    given = {"in_all": 50, "of_one": 50, "head_seconds": 60.0, "body_seconds": 60.0, "idle_seconds": 60.0} | bounds
    made = Doors(Bounds(**given))
    made.thread.start()
    try:
        yield made
    finally:
        made.server.should_exit = True
        made.thread.join(PATIENCE)
        made.listener.close()


def said(connection: socket.socket) -> bytes:
    """Returns what comes until the other side closes; b"" if it closed without a word."""
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except ConnectionError:
        pass
    return found


def served(connection: socket.socket) -> bool:
    """Tells whether a whole request on this connection is answered."""
    try:
        connection.sendall(WHOLE)
        return connection.recv(65536).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def test_half_a_head_is_ended_in_time() -> None:
    with doors(head_seconds=0.2) as there:
        for half in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\n"):
            with there.connect() as connection:
                connection.sendall(half)
                assert said(connection).startswith(b"HTTP/1.1 408")
        assert there.refused["slow head"] == 3


def test_half_a_body_is_ended_in_time_and_who_waits_for_it_is_told() -> None:
    with doors(body_seconds=0.2) as there, there.connect() as connection:
        connection.sendall(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf")
        assert said(connection).startswith(b"HTTP/1.1 408")
        assert there.refused["slow body"] == 1


def test_a_slow_body_that_comes_is_waited_for() -> None:
    with doors(body_seconds=0.2, slowest_body=1.0) as there, there.connect() as connection:
        connection.sendall(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\n" + b"a" * 1000)
        threading.Event().wait(0.5)  # longer than a body without a byte would have
        connection.sendall(b"b")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_an_endless_header_is_not_kept() -> None:
    with doors(largest_head=20_000) as there:
        with there.connect() as connection, pytest.raises(ConnectionError):
            connection.sendall(b"GET / HTTP/1.1\r\nx: ")
            for _ in range(1000):
                connection.sendall(b"a" * 60_000)
        with there.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * 30_000)
            assert said(connection).startswith(b"HTTP/1.1 431")
        with there.connect() as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n" + b"x: a\r\n" * 200 + b"\r\n")
            assert said(connection).startswith(b"HTTP/1.1 431")


def test_a_header_sent_ahead_while_an_answer_goes_on_is_not_kept_either() -> None:
    with doors(largest_head=20_000) as there, there.connect() as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200" in connection.recv(65536)
        connection.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * 60_000)
        said(connection)
        assert there.held.wait(PATIENCE)


def test_one_address_gets_so_many_connections_and_no_more() -> None:
    with doors(of_one=5) as there, ExitStack() as stack:
        for _ in range(5):
            assert served(stack.enter_context(there.connect()))
        with there.connect() as one_more:
            assert not served(one_more)
        assert there.refused["connections of one address"] == 1
        stack.close()
        assert _soon_served(there)


def test_a_proxy_speaks_for_many() -> None:
    with doors(of_one=5, proxies="10.0.0.1, 127.0.0.0/8") as there, ExitStack() as stack:
        for _ in range(20):
            assert served(stack.enter_context(there.connect()))


def test_where_all_places_are_held_who_says_nothing_makes_room_and_who_is_answered_stays() -> None:
    with doors(in_all=10) as there, ExitStack() as stack:
        stream = stack.enter_context(there.connect())
        stream.sendall(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200" in stream.recv(65536)
        holders = [stack.enter_context(there.connect()) for _ in range(200)]
        for holder in holders[:50]:
            holder.settimeout(PATIENCE)
        with there.connect() as somebody:
            assert served(somebody)
        assert said(holders[0]) == b""
        assert not there.held.is_set()
        assert len(there.connections) <= 10


def test_an_open_answer_is_not_ended_by_any_of_it() -> None:
    with doors(head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1) as there, there.connect() as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"200" in connection.recv(65536)
        assert not there.held.wait(0.5)


def test_a_connection_serves_one_request_after_the_other() -> None:
    with doors() as there, there.connect() as connection:
        for _ in range(3):
            assert served(connection)


def test_a_connection_on_which_nothing_more_comes_is_ended() -> None:
    with doors(idle_seconds=0.2) as there, there.connect() as connection:
        assert served(connection)
        assert said(connection) == b""


def test_requests_sent_ahead_are_answered_in_order() -> None:
    with doors() as there, there.connect() as connection:
        connection.sendall(WHOLE * 8 + WHOLE.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        assert said(connection).count(b"HTTP/1.1 200") == 9


def test_of_a_body_that_nobody_wants_only_so_much_is_read() -> None:
    with doors(most_unwanted=100_000) as there, there.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                connection.sendall(b"a" * 60_000)


def _soon_served(there: Doors) -> bool:
    """Whether a place that was left is free before long."""
    for _ in range(PATIENCE * 20):
        with there.connect() as connection:
            if served(connection):
                return True
        threading.Event().wait(0.05)
    return False


def test_the_bounds_fit_the_files_that_may_be_open() -> None:
    import resource

    from assistant.app.connections import bounds

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        found = bounds(4000, 400)
        assert found.in_all + 192 <= 1024
        assert found.of_one <= found.in_all / 4
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestEnd:
    """Doors that are told to end, as each release tells them: whoever has just connected is answered."""

    def test_who_has_connected_and_not_asked_yet_is_answered_and_let_go(self) -> None:
        with doors() as made, made.connect() as fresh, made.connect() as kept:
            assert served(kept)
            until(lambda: len(made.connections) == 2, PATIENCE)
            made.server.should_exit = True
            until(lambda: made.connections.ending, PATIENCE)
            for connection in (fresh, kept):
                connection.sendall(WHOLE)
                answer = said(connection)
                assert answer.startswith(b"HTTP/1.1 200")
                assert b"connection: close" in answer
            made.thread.join(PATIENCE)
            assert not made.thread.is_alive()
        assert made.refused == {}

    def test_who_asks_nothing_keeps_no_process_alive(self) -> None:
        with doors(last_seconds=0.2) as made, made.connect() as silent:
            until(lambda: len(made.connections) == 1, PATIENCE)
            made.server.should_exit = True
            assert said(silent) == b""
            made.thread.join(PATIENCE)
            assert not made.thread.is_alive()
        assert made.refused == {}
