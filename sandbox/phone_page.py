"""What /sandbox does with the telephone: it rings, keys are pressed, what is heard comes back, and it is rung."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from sandbox.phone import Call, JambonzStandIn

_NUMBER = re.compile(r"0\d{9,10}|\+\d{8,15}|anonymous")
_KEY = re.compile(r"[0-9*#]")
#: Debian's espeak-ng, for browsers that have no Vietnamese voice.
VOICE = shutil.which("espeak-ng")
Act = Callable[[Call, str], Awaitable[None]]


class PhoneBench:
    """Routes below /sandbox; without a line only the question whether there is one."""

    def __init__(self, switch: JambonzStandIn | None) -> None:
        self._switch = switch

    def routes(self) -> list[BaseRoute]:
        """Returns the routes."""
        routes: list[BaseRoute] = [Route("/api/phone/call", self._look, methods=["GET"])]
        if self._switch:
            routes.append(Route("/api/phone/call", self._act, methods=["POST"]))
            routes.append(Route("/api/phone/voice", self._voice, methods=["GET"]))
            routes.append(Mount("/phone", routes=self._switch.routes()))
        return routes

    async def _look(self, request: Request) -> Response:
        """Tells how a call is, and what rings at a number."""
        if self._switch is None:
            return JSONResponse({"on": False})
        call = self._switch.calls.get(request.query_params.get("sid", ""))
        rings = self._switch.ringing(request.query_params.get("number", ""))
        return JSONResponse(
            {"on": True, "call": _shown(call), "rings": rings.sid if rings else "", "voice": bool(VOICE)}
        )

    async def _voice(self, request: Request) -> Response:
        """Says a part of a call; only what was said in one."""
        assert self._switch
        call = self._switch.calls.get(request.query_params.get("sid", ""))
        part = request.query_params.get("part", "")
        text = next((one["text"] for one in call.heard if str(one["id"]) == part), "") if call else ""
        if not text or not VOICE:
            return Response(status_code=404)
        sound = await asyncio.to_thread(_spoken, text)
        return Response(sound, media_type="audio/wav", headers={"cache-control": "no-store"})

    async def _act(self, request: Request) -> Response:
        assert self._switch
        try:
            data: Any = await request.json()
        except (ValueError, RecursionError):
            data = None
        given = data if isinstance(data, dict) else {}
        act, value = str(given.get("act", "")), str(given.get("value", ""))
        if act == "call" and _NUMBER.fullmatch(value):
            return JSONResponse({"call": _shown(await self._switch.call_in(value))})
        call, do = self._switch.calls.get(str(given.get("sid", ""))), self._acts(self._switch).get(act)
        if call is None or do is None or (act == "press" and not _KEY.fullmatch(value)):
            return JSONResponse({"error": "Không có cuộc gọi hay phím này."}, 400)
        await do(call, value)
        return JSONResponse({"call": _shown(call)})

    def _acts(self, switch: JambonzStandIn) -> dict[str, Act]:
        return {
            "press": switch.press,
            "say": lambda call, value: switch.say(call, value[:300]),
            "idle": lambda call, value: switch.idle(call),
            "hang_up": lambda call, value: switch.hang_up(call),
            "take": lambda call, value: switch.take(call),
            "decline": lambda call, value: switch.decline(call),
            "dialled": lambda call, value: switch.dialled(call, "completed" if value == "taken" else "busy"),
        }


def _spoken(text: str) -> bytes:
    """Returns a text as espeak-ng's Vietnamese voice says it."""
    assert VOICE
    command = [VOICE, "-v", "vi", "-s", "150", "--stdout", "--stdin"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout  # noqa: S603


def _shown(call: Call | None) -> dict[str, Any] | None:
    """Returns a call as the page shows it."""
    if call is None:
        return None
    waits = call.waits or {}
    return {
        "sid": call.sid,
        "number": call.number,
        "direction": call.direction,
        "state": call.state,
        "over": call.is_over,
        "heard": call.heard,
        "waits": waits.get("verb", ""),
        "hears": "speech" in waits.get("input", ()),
        "timeout": waits.get("timeout", 0),
        "between": waits.get("interDigitTimeout", 0),
        "through": (waits.get("target") or [{}])[0].get("number", ""),
        "keys": len(call.keys),
        "answer": call.answer,
    }
