"""What /sandbox does with the Messenger stand-in: people and what they do, colleagues, trouble, time."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import graph_people as people
from sandbox.messenger import MessengerStandIn

_USERS = {
    "2000000000000011": "Chị Hạnh (Đà Nẵng)",
    "2000000000000012": "Anh Phúc (Hải Phòng)",
    "2000000000000013": "Bà Năm (Vĩnh Long)",
}
_LONGEST_JUMP = 100 * 24
_ERRORS = (2, 613, 551, 1200, 80006)
Data = dict[str, Any]
Act = Callable[[str, Data], Awaitable[httpx.Response | None]]
Build = Callable[[Data], people.Item]


class Clock:
    """The real time, moved ahead."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class MessengerBench:
    """Routes below /sandbox/api/messenger; without a stand-in (a real page is connected) there is nobody."""

    def __init__(self, messenger: MessengerStandIn | None) -> None:
        self._page = messenger
        if messenger is None:
            return
        messenger.policy.clock = Clock()
        for user, name in _USERS.items():
            messenger.add_user(user, name)
        self._acts: dict[str, Act] = {
            "text": self._does(lambda data: people.text(_words(data))),
            "quick_reply": self._does(lambda data: people.quick_reply(_words(data), _payload(data))),
            "postback": self._does(lambda data: people.postback(_words(data), _payload(data))),
            "thumb": self._does(lambda data: people.sticker()),
            "image": self._does(lambda data: people.attachments(people.media("image"))),
            "voice": self._does(lambda data: people.attachments(people.media("audio"))),
            "link": self._does(lambda data: people.referral(_words(data)[:100])),
            "edit": self._does(lambda data: people.edit(str(data.get("mid", ""))[:300], _words(data))),
            "colleague": lambda user, data: messenger.person_sends(user, _words(data)),
            "give_back": lambda user, data: messenger.person_gives_back(user),
        }

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route("/api/messenger/people", self._people),
            Route("/api/messenger/thread", self._thread),
            Route("/api/messenger/acts", self._act, methods=["POST"]),
            Route("/api/messenger/rules", self._rules, methods=["GET"]),
            Route("/api/messenger/rules", self._change, methods=["POST"]),
        ]

    def _does(self, build: Build) -> Act:
        async def act(user: str, data: Data) -> httpx.Response | None:
            assert self._page is not None
            return await self._page.does(user, build(data))

        return act

    async def _people(self, request: Request) -> Response:
        page = self._page
        if page is None:
            return JSONResponse({"people": [], "profile": {}})
        listed = [{"id": user, "name": person["name"]} for user, person in page.users.items()]
        return JSONResponse({"people": listed, "profile": page.profile.values})

    async def _thread(self, request: Request) -> Response:
        """Returns what a person's telephone shows; looking at it reads what came."""
        user, after = request.query_params.get("user", ""), request.query_params.get("after", "0")
        since = int(after) if after.isdecimal() and len(after) < 16 else 0
        page = self._page
        person = page.users.get(user) if page else None
        if page is None or person is None:
            return JSONResponse({"messages": [], "typing": False, "seen_at": 0})
        fresh = [message for message in page.shown(user) if message["id"] > since]
        if any(message["from"] != "user" for message in fresh) and request.query_params.get("read"):
            page.later(page.reads(user))
        now = page.clock()
        return JSONResponse(
            {"messages": fresh, "typing": person.get("typing_until", 0) > now, "seen_at": person.get("seen_at", 0)}
        )

    async def _act(self, request: Request) -> Response:
        data = await _object(request)
        user, name = str(data.get("user", "")), str(data.get("act", ""))
        act = self._acts.get(name) if self._page else None
        if not re.fullmatch(r"\d{5,40}", user, re.ASCII) or act is None:
            return JSONResponse({"error": "Thiếu người gửi hoặc việc cần làm."}, 400)
        if name in ("text", "colleague", "edit") and not _words(data).strip():
            return JSONResponse({"error": "Bạn gõ nội dung trước."}, 400)
        assert self._page is not None
        self._page.add_user(user, str(data.get("name", ""))[:40] or f"Người dùng {user[-4:]}")
        answer = await act(user, data)
        if answer is None or answer.status_code != 200:
            return JSONResponse({"error": "Trợ lý chưa nhận được, bạn thử lại."}, 502)
        return JSONResponse({"ok": True})

    async def _rules(self, request: Request) -> Response:
        return JSONResponse(self._shown())

    def _shown(self) -> Data:
        page = self._page
        if page is None:
            return {}
        ahead = page.policy.clock.ahead if isinstance(page.policy.clock, Clock) else 0.0
        return {"hours_ahead": round(ahead / 3600), "errors": list(_ERRORS), "token": page.policy.session}

    async def _change(self, request: Request) -> Response:
        """Changes how the stand-in behaves: {"error": code}, {"hours": number}, {"token": "good" or "expired"}."""
        data, page = await _object(request), self._page
        if page is None:
            return JSONResponse({"error": "Trang thật đang được nối."}, 409)
        if data.get("error") in _ERRORS:
            page.policy.fail_next.append(data["error"])
        if data.get("token") in ("good", "expired"):
            page.policy.session = data["token"]
        hours = data.get("hours")
        if isinstance(hours, int) and 0 < hours <= _LONGEST_JUMP and isinstance(page.policy.clock, Clock):
            page.policy.clock.ahead += hours * 3600
        return JSONResponse(self._shown())


def _words(data: Data) -> str:
    return str(data.get("text", ""))[:20_000]


def _payload(data: Data) -> str:
    return str(data.get("payload", ""))[:1000]


async def _object(request: Request) -> Data:
    """Returns the JSON object of a request; an empty one where it is none."""
    try:
        data = await request.json()
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
