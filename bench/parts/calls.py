"""Fifty telephone calls at once: how long a caller waits for what is said next."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

from bench.plan import Plan
from bench.results import Part, Row, percentile
from bench.sessions import our_side
from bench.wire import Client
from sandbox.phone import JambonzStandIn

CALLS = 50
_GOAL_MS = 300
_SECRET = "a-secret-of-the-benchmarks-line"
_LINE = {
    "number": "1900 9068",
    "jambonz": {
        "secrets": [_SECRET],
        "trunks": [{"name": "operator"}],
        "api": {"url": "http://127.0.0.1:1", "account": "a", "key": "k", "caller": "19009068"},
    },
}
_people = itertools.count(1)


class _Caller:
    """One call after the other, each from another number: the menu, key 8, a code that matches nothing, goodbye."""

    def __init__(self, client: Client, times: dict[str, list[float]]) -> None:
        self._client, self._times = client, times
        self._switch = JambonzStandIn("http://127.0.0.1", _SECRET, "")

    async def call(self, pause: float) -> None:
        """Makes one call; between two keys a person takes some time."""
        number = next(_people)
        call = {
            "call_sid": f"a-call-{number:08d}",
            "from": f"+8497{number:07d}",
            "originating_sip_trunk_name": "operator",
        }
        answer = await self._ask("/webhooks/phone", call, "begins")
        for keys, step in (("8", "menu"), (f"79{number:08d}", "code"), ("1", "check")):
            await asyncio.sleep(pause)
            hook = next(verb["actionHook"] for verb in answer if verb["verb"] == "gather").partition("#")[0]
            answer = await self._ask(hook, call | {"reason": "dtmfDetected", "digits": keys}, step)
        await self._ask("/webhooks/phone/status", call | {"call_status": "completed", "duration": 9}, "ends")

    async def _ask(self, hook: str, found: dict[str, Any], step: str) -> Any:
        body = json.dumps(found).encode()
        begun = time.perf_counter()
        status, answer = await self._client.post(hook, body, self._switch.signed(body))
        self._times.setdefault(step, []).append((time.perf_counter() - begun) * 1000)
        if status not in (200, 204):
            raise AssertionError(f"{hook.partition('?')[0]}: {status}")
        return json.loads(answer) if answer else None


async def _all(plan: Plan) -> Part:
    rounds = plan.times(5)
    async with our_side(plan.store, PHONE_LINE=json.dumps(_LINE)) as session:
        client = Client(session.server.port, CALLS)
        try:
            await asyncio.gather(*(_Caller(client, {}).call(0) for _ in range(CALLS)))  # warm
            burst: dict[str, list[float]] = {}
            for _ in range(rounds):
                await asyncio.gather(*(_Caller(client, burst).call(0) for _ in range(CALLS)))
            talking: dict[str, list[float]] = {}
            # People do not press in step: each begins at another moment.
            for _ in range(rounds):
                await asyncio.gather(*(_later(n / CALLS, _Caller(client, talking)) for n in range(CALLS)))
        finally:
            client.close()
    found = {name: [one for each in times.values() for one in each] for name, times in
             (("all press at the same moment", burst), ("a key a second each", talking))}  # fmt: skip
    rows = [
        Row(f"{CALLS} calls at once, {what}: answer {name}", "ms", [percentile(times, share)], [],
            goal=_GOAL_MS if name == "p99" else None)
        for what, times in found.items() for name, share in (("p50", 0.5), ("p99", 0.99))
    ]  # fmt: skip
    steps = {step: {"p50_ms": percentile(one, 0.5), "p99_ms": percentile(one, 0.99)} for step, one in burst.items()}
    return Part(rows, [_note(steps)], {"steps": steps})


async def _later(seconds: float, caller: _Caller) -> None:
    await asyncio.sleep(seconds)
    await caller.call(1.0)


def _note(steps: dict[str, dict[str, float]]) -> str:
    slowest = max(steps, key=lambda name: steps[name]["p99_ms"])
    return (
        "Signed hooks of a line, each answered within its transaction; the check asks the register of the demo. "
        f"The slowest step of a burst is “{slowest}” (p50 {steps[slowest]['p50_ms']:.0f} ms, "
        f"p99 {steps[slowest]['p99_ms']:.0f} ms). Stock Rasa has no door for a telephone with keys."
    )


def measure(plan: Plan) -> Part:
    """Measures calls."""
    return asyncio.run(_all(plan))
