"""A stand-in for Zalo that speaks the wire contract: signed webhooks out, the OA API and OAuth in.

Its parts: zalo_world (accounts, clock, rules), zalo_events (bodies of events), zalo_delivery (signature, retries),
zalo_oauth (permission page, tokens), zalo_api and zalo_shapes (calls and what they take). What it enforces, point
by point, and which test shows it: sandbox/zalo.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from starlette.routing import Route

from sandbox.zalo_api import OpenApi
from sandbox.zalo_delivery import Delivery
from sandbox.zalo_events import Events, attachment, message_id
from sandbox.zalo_oauth import Permission
from sandbox.zalo_world import LADDER, OA_ID, Account, Clock, Policy, World

__all__ = ["LADDER", "OA_ID", "Account", "Clock", "Policy", "ZaloStandIn"]
_ECHOES = {"image": "oa_send_image", "gif": "oa_send_gif", "sticker": "oa_send_sticker", "file": "oa_send_file"}


class ZaloStandIn:
    """An app's accounts with their users."""

    def __init__(
        self,
        app_id: str,
        app_secret: str,
        oa_secret: str,
        webhook: str,
        state: Path | None = None,
        accounts: list[Account] | None = None,
    ) -> None:
        self.policy = Policy()
        given = accounts or [Account(OA_ID, secret=oa_secret)]
        self.world = World(app_id, app_secret, given, self.policy, state)
        self.app_id = app_id
        self.events = Events(app_id)
        self.delivery = Delivery(self.world, webhook)
        self.permission = Permission(self.world)
        self.open_api = OpenApi(self.world, self._sent)

    @property
    def users(self) -> dict[str, str]:
        """Names of users by their id."""
        return self.world.users

    @property
    def messages(self) -> list[dict[str, Any]]:
        """All messages, oldest first."""
        return self.world.messages

    def account(self, oa: str = "") -> Account:
        """Returns an account; the first without a name."""
        return self.world.accounts[oa] if oa else next(iter(self.world.accounts.values()))

    def grant(self, oa: str = "") -> str:
        """Returns a refresh token as the account's admin gets it from the API Explorer."""
        account = self.account(oa)
        if not account.refresh:
            self.world.issue(account)
        return account.refresh

    def routes(self) -> list[Route]:
        """Returns the routes of the API and of OAuth."""
        return [*self.open_api.routes(), *self.permission.routes()]

    # ---- what users do

    def add_user(self, user: str, name: str) -> None:
        """Adds a Zalo user."""
        self.users.setdefault(user, name)

    async def user_sends(self, user: str, text: str, oa: str = "") -> httpx.Response | None:
        """Lets a user write, or press a button; returns the webhook's answer, None if it could not connect."""
        return await self._from_user("user_send_text", user, {"text": text}, oa)

    async def user_sends_medium(self, user: str, kind: str, text: str = "", oa: str = "") -> httpx.Response | None:
        """Lets a user send a picture, sticker, place, file … with or without words."""
        message = {"attachments": [attachment(kind)]} | ({"text": text} if text else {})
        return await self._from_user(f"user_send_{kind}", user, message, oa)

    async def _from_user(self, name: str, user: str, message: dict[str, Any], oa: str) -> httpx.Response | None:
        account, key = self.account(oa), message_id()
        self.world.interact(account, user)
        self.world.remember(account, user, "user", {"text": message.get("text") or f"[{name[10:]}]"}, key)
        body = {"msg_id": key} | message
        return await self.delivery.send(self.events.from_user(name, account.id, user, body, self.world.now), account.id)

    async def visitor_sends(self, visitor: str, chat: str, text: str, oa: str = "") -> httpx.Response | None:
        """Lets somebody without a log-in write."""
        account, key = self.account(oa), message_id()
        account.seen[f"{visitor}~{chat}"] = self.world.now
        message = {"text": text, "msg_id": key, "conversation_id": chat}
        event = self.events.from_user("anonymous_send_text", account.id, visitor, message, self.world.now)
        return await self.delivery.send(event, account.id)

    async def user_follows(self, user: str, oa: str = "") -> httpx.Response | None:
        """Lets a user follow the account, which counts as an interaction."""
        account = self.account(oa)
        account.followers.append(user)
        self.world.interact(account, user)
        return await self.delivery.send(self.events.follow("follow", account.id, user, self.world.now), account.id)

    async def user_leaves(self, user: str, oa: str = "") -> httpx.Response | None:
        """Lets a user stop following."""
        account = self.account(oa)
        account.followers = [follower for follower in account.followers if follower != user]
        return await self.delivery.send(self.events.follow("unfollow", account.id, user, self.world.now), account.id)

    async def user_opens_chat(self, user: str, oa: str = "") -> httpx.Response | None:
        """Lets a user open the chat for the first time."""
        account = self.account(oa)
        self.world.interact(account, user)
        event = self.events.of_account("user_click_chatnow", account.id, user, self.world.now)
        return await self.delivery.send(event, account.id)

    async def user_withdraws(self, user: str, oa: str = "") -> httpx.Response | None:
        """Lets a user take back that the app may have their data."""
        account = self.account(oa)
        event = self.events.of_account("user_withdraw", account.id, user, self.world.now)
        return await self.delivery.send(event, account.id)

    async def user_submits(self, user: str, info: dict[str, Any], oa: str = "") -> httpx.Response | None:
        """Lets a user send the form about themselves."""
        account = self.account(oa)
        self.world.interact(account, user)
        return await self.delivery.send(self.events.submitted(account.id, user, info, self.world.now), account.id)

    async def user_reacts(self, user: str, key: str, icon: str = "/-heart", oa: str = "") -> httpx.Response | None:
        """Lets a user react to a message."""
        account = self.account(oa)
        message = {"msg_id": key, "react_icon": icon}
        event = self.events.from_user("user_reacted_message", account.id, user, message, self.world.now)
        return await self.delivery.send(event, account.id)

    # ---- what the account's people and Zalo do

    async def colleague_writes(self, user: str, text: str, oa: str = "", admin: str = "5001") -> httpx.Response | None:
        """Lets a person answer in the account's own chat tool: an echo that names them."""
        account, key = self.account(oa), message_id()
        self.world.remember(account, user, "oa", {"text": text, "by": "colleague"}, key)
        message = {"text": text, "msg_id": key}
        event = self.events.from_oa("oa_send_text", account.id, user, message, self.world.now, admin)
        return await self.delivery.send(event, account.id)

    async def template_receipt(self, phone: str, tracking: str, oa: str = "") -> httpx.Response | None:
        """Tells that a template message to a phone number arrived: the same name, another server."""
        account = self.account(oa)
        message = {"delivery_time": str(int(self.world.now * 1000)), "msg_id": message_id(), "tracking_id": tracking}
        event = self.events.from_oa("user_received_message", account.id, phone, message, self.world.now)
        return await self.delivery.send(event, account.id, **{"x-zevent-server": "ZNS"})

    async def console_test(self, oa: str = "") -> httpx.Response | None:
        """Presses "Test" in the developers' console: a sample event that nobody signed."""
        kept, self.policy.signature = self.policy.signature, "none"
        try:
            event = self.events.from_user("user_send_text", "0", "0", {"text": "This is testing message"}, 0)
            return await self.delivery.send(event)
        finally:
            self.policy.signature = kept

    def _sent(self, account: Account, user: str, key: str, shown: dict[str, Any]) -> None:
        """After each message of the API: the echo without a person in it, then the receipts."""
        name = _ECHOES.get(str(shown.get("medium", "")), "oa_send_text")
        echo = {"text": shown["text"], "msg_id": key} if name == "oa_send_text" else {"msg_id": key}

        async def tell() -> None:
            now = self.world.now
            await self.delivery.send(self.events.from_oa(name, account.id, user, echo, now), account.id)
            if self.policy.receipts:
                for receipt, told in (
                    ("user_received_message", {"msg_id": key}),
                    ("user_seen_message", {"msg_ids": [key]}),
                ):
                    event = self.events.from_oa(receipt, account.id, user, dict(told), self.world.now)
                    await self.delivery.send(event, account.id)

        self.delivery.later(tell())
