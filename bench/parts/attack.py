"""How fast Zalo's webhooks are acknowledged while one anonymous client does its worst, 50 requests a second.

Each attack is a public route with the body that costs it most. The client has as many connections as it likes, and the
cookies of visitors, which anybody gets. Beside them stand nobody's attack and as many requests that cost nothing: what
these two cores, which also run the load, need for a hundred requests a second of any kind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bench import load
from bench.plan import Plan
from bench.results import Part, Row, percentile
from bench.sessions import Session, our_side

_EVENTS, _REQUESTS = 50, 50  # a second
_HELD = 2000
_FORM = {"content-type": "application/x-www-form-urlencoded"}
_JSON = {"content-type": "application/json"}
_TOKEN = "A" * 43
#: Not where the platform's events come from: what one address may is no measure of another.
_STRANGER = ("127.0.0.2", 0)


def _multipart(parts: int) -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * parts + b"--x--\r\n"


@dataclass(frozen=True)
class Attack:
    """One kind of request, sent again and again."""

    name: str
    path: str
    body: Callable[[], bytes] = bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def _said(text: str) -> Callable[[], bytes]:
    return lambda: json.dumps({"id": secrets.token_hex(16), "text": text}).encode()


_PLAIN = "requests that cost nothing"


def _attacks(cookie: str, mark: str) -> Iterator[Attack]:
    chat = _JSON | {"cookie": cookie}
    yield Attack(_PLAIN, "/healthz", method="GET")
    yield Attack("the page itself, each time as somebody new", "/", method="GET")
    yield Attack("the page on privacy", "/quyen-rieng-tu", method="GET")
    yield Attack("a file of the page", "/static/chat.js", method="GET")
    yield Attack("a page that is none", "/" + "a" * 2_000, method="GET")
    yield Attack("numbers without the token", "/metrics", method="GET")
    yield Attack("the sign-in page", "/console/sign-in", method="GET")
    yield Attack("the console without a session", "/console", method="GET")
    ampersands, numbers = b"&" * 1_000_000, b'{"event_name":"x","timestamp":1.5,"a":[' + b"1," * 120_000 + b"1]}"
    signed = _JSON | {"x-zevent-signature": "mac=" + "0" * 64}
    yield Attack("a megabyte of & at the console", "/console/faq/files", lambda: ampersands, _FORM)
    yield Attack("the same with a made-up session", "/console/faq/files", lambda: ampersands,
                 _FORM | {"cookie": f"console={_TOKEN}"})  # fmt: skip
    yield Attack("5 000 parts at the console", "/console/faq/files", lambda: _multipart(5_000),
                 {"content-type": "multipart/form-data; boundary=x"})  # fmt: skip
    yield Attack("8 KB of & at the sign-in", "/console/sign-in", lambda: b"&" * 8_000, _FORM)
    yield Attack("passwords at the sign-in", "/console/sign-in", lambda: b"name=an&password=" + b"a" * 4_000, _FORM)
    yield Attack("links that are none", f"/dat-lai-mat-khau/{_TOKEN}", method="GET")
    yield Attack("forms of links that are none", f"/dat-lai-mat-khau/{_TOKEN}", lambda: b"&" * 8_000, _FORM)
    code = f"csrf={mark}&number=7911111111&code=000000".encode()
    yield Attack("wrong codes on the page that a call names", "/ma", lambda: code, _FORM)
    yield Attack("that page's form as large as it may be", "/ma", lambda: b"&" * 4_000, _FORM)
    yield Attack("declarations that are none", f"/to-khai/{_TOKEN}", lambda: b"&" * 16_000, _FORM)
    yield Attack("4 000 letters of addresses in the chat", "/chat/messages", _said("a@b." * 1_000), chat)
    yield Attack("4 000 letters of digits in the chat", "/chat/messages", _said("12 34-" * 700), chat)
    yield Attack("4 000 letters without a cookie", "/chat/messages", _said("a@b." * 1_000), _JSON)
    yield Attack("deep JSON in the chat", "/chat/messages", lambda: b"[" * 60_000, chat)
    yield Attack("the chat's history", "/chat/history", headers=chat, method="GET")
    yield Attack("streams of the chat", "/chat/stream", headers=chat, method="GET")
    yield Attack("ratings of nothing", "/chat/ratings", lambda: b"[" * 60_000, chat)
    yield Attack(
        "hand-shakes at Messenger's door", "/webhooks/messenger?hub.mode=subscribe&hub.verify_token=a", method="GET"
    )
    yield Attack("noise at the door for text messages", "/webhooks/sms", lambda: numbers, _JSON)
    yield Attack("a quarter of a megabyte of noise at Zalo's door", "/webhooks/zalo", lambda: numbers, signed)
    yield Attack("a megabyte of noise at Messenger's door", "/webhooks/messenger", lambda: ampersands,
                 {"x-hub-signature-256": "sha256=" + "0" * 64})  # fmt: skip
    yield Attack("whether it is ready", "/readyz", method="GET")


async def _given(port: int, path: str, pattern: str) -> str:
    """Returns what anybody gets with a page: a visitor's cookie, the mark of a form."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=_STRANGER)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    found = re.search(pattern, answer, re.IGNORECASE | re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{path} does not give what anybody gets there")
    return found[1]


async def _send(port: int, attack: Attack) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=_STRANGER)
        try:
            body = attack.body()
            head = [
                f"{attack.method} {attack.path} HTTP/1.1",
                "host: x",
                "connection: close",
                f"content-length: {len(body)}",
            ]
            head += [f"{name}: {value}" for name, value in attack.headers.items()]
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            await asyncio.wait_for(reader.read(1 << 20), 20)
        except TimeoutError:
            pass
        finally:
            writer.close()


async def _flood(port: int, attack: Attack) -> None:
    """Sends for ever, late or not."""
    started, number, open_ones = time.perf_counter(), 0, set()
    try:
        while True:
            await asyncio.sleep(max(0.0, started + number / _REQUESTS - time.perf_counter()))
            number += 1
            task = asyncio.create_task(_send(port, attack))
            open_ones.add(task)
            task.add_done_callback(open_ones.discard)
    finally:
        for task in open_ones:
            task.cancel()


async def _hold(port: int) -> None:
    """Holds many connections with half a head, and opens each again that is ended."""

    async def one() -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=_STRANGER)
                writer.write(b"GET / HTTP/1.1\r\nx: ")
                await reader.read()
                writer.close()
            await asyncio.sleep(2)

    await asyncio.gather(*(one() for _ in range(_HELD)))


async def _acknowledged(session: Session, seconds: float) -> tuple[float, int]:
    """Returns the p99 in milliseconds, and how many events were not acknowledged."""
    outcome = await load.opened(session.talk, _EVENTS, seconds, session.texts)
    times = [value * 1000 for value in outcome.acknowledged]
    return percentile(times, 0.99), len(outcome.said) - len(times)


async def _under(session: Session, work: Callable[[], object], seconds: float) -> tuple[float, int]:
    attack = asyncio.ensure_future(work())  # type: ignore[call-overload]
    try:
        await asyncio.sleep(0.5)
        return await _acknowledged(session, seconds)
    finally:
        attack.cancel()
        await asyncio.wait([attack])


async def _all(plan: Plan) -> Part:
    found: dict[str, tuple[float, int]] = {}
    seconds = plan.size(5, 3)
    async with our_side(plan.store, PHONE_LINE="sandbox") as session:
        await load.closed(session.talk, [load.new_user] * 8, session.texts, 5, 200)  # warm
        port = session.server.port
        cookie = await _given(port, "/", r"^set-cookie: ([^;]+)")
        mark = await _given(port, "/ma", r'name="csrf" value="([^"]+)"')
        found["nobody"] = await _acknowledged(session, seconds)
        for attack in _attacks(cookie, mark):
            found[attack.name] = await _under(
                session, lambda attack=attack: _flood(session.server.port, attack), seconds
            )
            await asyncio.sleep(1)
        found[f"{_HELD} connections with half a head"] = await _under(
            session, lambda: _hold(session.server.port), seconds
        )
    rows = [
        Row(f"acknowledgement p99, attacked by: {name}", "ms", [p99], [], goal=50) for name, (p99, _) in found.items()
    ]
    worst = max(
        (p99, name) for name, (p99, _) in found.items() if name not in ("nobody", _PLAIN) and not math.isnan(p99)
    )
    against = [f"{worst[0] / found[name][0]:.1f} times that with {name}" for name in ("nobody", _PLAIN)]
    lost = sum(refused for _, refused in found.values())
    note = (
        f"{_EVENTS} events of new people a second through Zalo's door, and beside them {_REQUESTS} requests a second of one "
        f"client without any right, on two cores that also run the load. {lost} of "
        f"{int(_EVENTS * seconds) * len(found)} events were not acknowledged. The worst p99 ({worst[1]}) is {' and '.join(against)}."
    )
    return Part(rows, [note], {"found": found})


def measure(plan: Plan) -> Part:
    """Measures our side under each attack."""
    return asyncio.run(_all(plan))
