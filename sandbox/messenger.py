"""A stand-in for Messenger that speaks the wire contract: signed webhooks out, the Graph API in.

What it enforces, and where it is tried, is listed in COVERAGE-messenger.md. Nothing here is shared with
the connector: both follow the contract on their own.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sandbox import graph_people as people
from sandbox.graph_delivery import Webhooks, Wire, repeat
from sandbox.graph_people import Item
from sandbox.graph_profile import Profile
from sandbox.graph_threads import Threads
from sandbox.graph_usage import Limits, Usage

PAGE_ID, APP_ID = "1000000000000017", "3000000000000001"
_KEPT = 500


@dataclass
class Policy:
    """What a test may change."""

    clock: Callable[[], float] = time.time
    fail_next: list[Any] = field(default_factory=list)  # for the next messages, see GraphApi
    fail_actions: list[Any] = field(default_factory=list)  # for the next typing and seen marks
    session: str = "good"  # of the page token, or a key of graph_errors.TOKEN_STATES
    require_proof: bool = True
    strict_type: bool = True  # refuse a message without messaging_type
    human_agent: bool = True  # the permission was granted
    latency: float = 0.0
    slow: float = 15.0
    by_itself: bool = True  # retries of deliveries come when they are due; otherwise a test calls `webhooks.tick`
    receipts: bool = True  # echoes and deliveries after each message


class MessengerStandIn:
    """One page with its people, connected to one app."""

    def __init__(
        self,
        app_secret: str,
        verify_token: str,
        page_token: str,
        webhook: str,
        state: Path | None = None,
        page_id: str = PAGE_ID,
        app_id: str = APP_ID,
    ) -> None:
        self.page_id, self.app_id = page_id, app_id
        self.app_secret, self.page_token = app_secret, page_token
        self.policy = Policy()
        self.wire = Wire(self.clock)
        self.webhooks = Webhooks(webhook, app_secret, verify_token, self.wire)
        self.profile = Profile()
        self.threads = Threads(self.clock, app_id)
        self.limits = Limits()
        self.usage = Usage(self.clock, self.limits, lambda: len(self.users))
        self.users: dict[str, dict[str, Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []  # what the app asked for, without tokens
        self._state = state
        self._held: list[dict[str, Any]] | None = None
        self._background: set[asyncio.Task[Any]] = set()
        self._order: dict[str, asyncio.Lock] = {}
        self._ladder: asyncio.Task[Any] | None = None
        if state and state.exists():
            kept = json.loads(state.read_text())
            self.users, self.messages = kept["users"], kept["messages"]

    def keep(self) -> None:
        """Writes people and messages down."""
        if self._state:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._state.with_suffix(".tmp")
            fresh.write_text(json.dumps({"users": self.users, "messages": self.messages[-_KEPT:]}, ensure_ascii=False))
            fresh.replace(self._state)

    def clock(self) -> float:
        """Returns Meta's time, which a test may set."""
        return self.policy.clock()

    def now(self) -> int:
        """Returns Meta's time in milliseconds."""
        return int(self.clock() * 1000)

    def proof_is_good(self, proof: str, token: str) -> bool:
        """Checks an appsecret_proof."""
        expected = hmac.new(self.app_secret.encode(), token.encode(), "sha256").hexdigest()
        return hmac.compare_digest(expected.encode(), proof.encode())

    # ---- people

    def add_user(self, user: str, name: str) -> None:
        """Adds a person; the page cannot write to them before they did something."""
        self.users.setdefault(user, {"name": name, "opened_at": 0.0, "blocked": False, "read": 0})

    async def user_sends(self, user: str, words: str) -> httpx.Response | None:
        """Lets a person write; returns the webhook's last answer, None if there was none."""
        return await self.does(user, people.text(words))

    async def does(self, user: str, part: Item) -> httpx.Response | None:
        """Lets a person do something (see graph_people); opening acts open the 24 hours."""
        self.add_user(user, f"Người dùng {user[-4:]}")
        message = part.get("message") or {}
        if {"message", "postback", "referral", "reaction"} & set(part):
            self.users[user]["opened_at"] = self.clock()
        if "message" in part:
            shown: dict[str, Any] = {"text": message.get("text", "")}
            if message.get("attachments"):
                shown["attachment"] = message["attachments"][0]["type"]
            self.remember(user, "user", shown, message["mid"])
        elif "postback" in part:
            self.remember(user, "user", {"text": part["postback"]["title"]}, part["postback"]["mid"])
        elif "message_edit" in part:
            self._edited(part["message_edit"])
        return await self.tell(user, part)

    def _edited(self, edit: dict[str, Any]) -> None:
        for message in self.messages:
            if message["mid"] == edit["mid"]:
                message["text"] = edit["text"]

    async def reads(self, user: str) -> httpx.Response | None:
        """Lets a person look at the thread."""
        self.users[user]["read"] = self.now()
        return await self.tell(user, people.read(self.now()))

    # ---- colleagues in Meta's own inbox

    async def person_sends(self, user: str, words: str) -> httpx.Response | None:
        """Lets a colleague answer in the page's inbox."""
        return await self.other_app_sends(user, {"text": words}, self.threads.inbox)

    async def other_app_sends(self, user: str, message: Item, app_id: str) -> httpx.Response | None:
        """Lets another app, or the inbox, write to a person."""
        had = self.threads.owner(user)
        self.threads.wrote(user, app_id)
        if self.threads.default_app and had == self.app_id and app_id != self.app_id:
            apps = {"previous_owner_app_id": self.app_id, "new_owner_app_id": app_id}
            await self.tell(user, people.control("take", **apps), "messaging")
        message_id = people.mid()
        self.remember(user, "person", {"text": message.get("text", "")}, message_id)
        return await self.tell(user, people.echo(message, app_id, message_id))

    async def person_gives_back(self, user: str) -> httpx.Response | None:
        """Lets a colleague give the thread to our app."""
        self.threads.passed(user, self.app_id)
        apps = {"previous_owner_app_id": self.threads.inbox, "new_owner_app_id": self.app_id}
        return await self.tell(user, people.control("pass", **apps), "messaging")

    async def person_asks(self, user: str) -> httpx.Response | None:
        """Lets a colleague ask for the thread."""
        asked = people.control("request", requested_owner_app_id=self.threads.inbox)
        return await self.tell(user, asked, "messaging")

    # ---- telling the app

    async def tell(self, user: str, part: Item, place: str = "") -> httpx.Response | None:
        """Tells the app of something, where the page's subscription and the thread's owner let it."""
        field_name = people.field_of(part)
        if field_name not in self.profile.subscribed:
            return None
        place = place or self.threads.place(user)
        if place == "standby":
            if "standby" not in self.profile.subscribed or not people.IN_STANDBY & set(part):
                return None
            part = people.without_payload(part)
        return await self._entry(place, [self.item(user, part)])

    def item(self, user: str, part: Item) -> Item:
        """Returns a full item: with sender, recipient and time as the contract has them for its kind."""
        parties = [{"id": user}, {"id": self.page_id}]
        if part.get("message", {}).get("is_echo"):
            parties.reverse()
        if "app_roles" in part:
            return {"recipient": {"id": self.page_id}, "timestamp": self.now(), **part}
        full: Item = {"sender": parties[0], "recipient": parties[1], "timestamp": self.now(), **part}
        if "delivery" in part:
            del full["timestamp"]
        return full

    async def _entry(self, place: str, items: list[Item]) -> httpx.Response | None:
        entry = {"id": self.page_id, "time": self.now(), place: items}
        if self._held is not None:
            self._held.append(entry)
            return None
        self._keep_ticking()
        return await self.webhooks.send([entry])

    @contextmanager
    def held(self) -> Iterator[list[dict[str, Any]]]:
        """Collects what would be told; the test sends it as it likes: together, in another order, twice."""
        entries: list[dict[str, Any]] = []
        self._held = entries
        try:
            yield entries
        finally:
            self._held = None

    def later(self, work: Any) -> None:
        """Does something in the background."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def sent(self, user: str, message: Item, message_id: str) -> None:
        """Tells the app that its message went and arrived, in order for each person."""
        if self.policy.receipts:
            self.later(self._receipts(user, message, message_id))

    async def _receipts(self, user: str, message: Item, message_id: str) -> None:
        async with self._order.setdefault(user, asyncio.Lock()):
            await self.tell(user, people.echo(message, self.app_id, message_id))
            await self.tell(user, people.delivered(self.now(), message_id))

    async def settle(self) -> None:
        """Waits until everything of the background is done."""
        while self._background:
            await asyncio.wait(self._background)

    def _keep_ticking(self) -> None:
        if self._ladder is None and self.policy.by_itself:
            self._ladder = asyncio.create_task(repeat(self.webhooks.tick, 1.0))

    async def close(self) -> None:
        """Ends the background."""
        running = [*self._background, *([self._ladder] if self._ladder else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self.webhooks.close()

    # ---- the window

    def remember(self, user: str, sender: str, body: dict[str, Any], message_id: str) -> dict[str, Any]:
        """Shows a message in the person's thread."""
        number = self.messages[-1]["id"] + 1 if self.messages else 1
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.clock()))
        entry = {"id": number, "user": user, "from": sender, "at": at, "mid": message_id, **body}
        self.messages.append(entry)
        self.keep()
        return entry

    def shown(self, user: str, sender: str = "") -> list[dict[str, Any]]:
        """Returns a person's thread."""
        return [m for m in self.messages if m["user"] == user and (not sender or m["from"] == sender)]
