"""From the start of the process to the first answer a person gets, over HTTP."""

from __future__ import annotations

import http.cookiejar
import time
import urllib.request
from contextlib import suppress

import orjson

from bench import ours, processes, stock
from bench.plan import Plan
from bench.results import Part, Row

_HELLO = "xin chào"
_LIMIT = 90.0


def _post(opener: urllib.request.OpenerDirector, url: str, body: dict[str, str]) -> bytes:
    request = urllib.request.Request(url, orjson.dumps(body), {"content-type": "application/json"})
    with opener.open(request, timeout=30) as answer:
        return bytes(answer.read())


def _first_web_answer(server: ours.Server) -> float:
    """Opens the page, writes, and waits for the bot's message; returns the seconds since the start."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    base = f"http://127.0.0.1:{server.port}"
    processes.wait_for(server.process, f"{base}/healthz", _LIMIT, pause=0.01)
    opener.open(f"{base}/", timeout=10).read()
    _post(opener, f"{base}/chat/messages", {"id": "1", "text": _HELLO})
    until = time.perf_counter() + _LIMIT
    while time.perf_counter() < until:
        with opener.open(f"{base}/chat/history", timeout=10) as answer:
            if any(message["from"] == "bot" for message in orjson.loads(answer.read())["messages"]):
                return time.perf_counter() - server.process.started_at
        time.sleep(0.01)
    raise processes.BenchError("ours: no first answer")


def _first_stock_answer(server: ours.Server) -> float:
    """Asks the REST channel until it answers; returns the seconds since the start."""
    opener = urllib.request.build_opener()
    url = f"http://127.0.0.1:{server.port}/webhooks/rest/webhook"
    until = time.perf_counter() + _LIMIT
    while time.perf_counter() < until and server.process.alive:
        with suppress(OSError):
            if len(_post(opener, url, {"sender": "first", "message": _HELLO})) > 2:
                return time.perf_counter() - server.process.started_at
        time.sleep(0.02)
    raise processes.BenchError(f"stock: no first answer: {server.process.said()[-400:]}")


def measure(plan: Plan) -> Part:
    """Starts each side several times, with a trained model and an existing database."""
    row = Row("start to first answer", "s", [], goal=4)
    for number in range(plan.times(4) + 1):
        server = ours.serve({}, "start")
        try:
            seconds = _first_web_answer(server)
        finally:
            server.stop()
        if number:  # the first start makes the database
            row.ours.append(seconds)
        else:
            first = seconds
    if not plan.skip_stock:
        url = plan.store.fresh("stock")
        for _ in range(plan.times(3)):
            server = stock.serve(url)
            try:
                row.stock.append(_first_stock_answer(server))
            finally:
                server.stop()
    note = (
        "Ours starts its embedded PostgreSQL within this time; stock Rasa finds a running one. "
        f"The very first start, which makes the database, took {first:.1f} s."
    )
    return Part([row], [note], {"first_start": first})
