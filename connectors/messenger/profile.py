"""The page's profile (welcome screen, menu, questions) and its subscriptions: what is wanted, what is there.

Both directions are safe to repeat: only what differs is written. Meta allows ten calls of the profile
in ten minutes for a page; setting everything up takes two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from connectors.messenger.api import Answer, Graph
from connectors.messenger.settings import MessengerApp, Page

#: Fields of the page that the webhook reads (table of the webhooks guide).
FIELDS = (
    "messages", "messaging_postbacks", "messaging_optins", "message_deliveries", "message_reads", "message_echoes",
    "message_edits", "message_reactions", "messaging_handovers", "messaging_referrals",
    "messaging_policy_enforcement", "standby",
)  # fmt: skip
#: In the order in which they may go: a menu needs the button "Get started".
PARTS = ("persistent_menu", "ice_breakers", "greeting", "get_started")
_HINTS = {
    190: "token của Trang không dùng được; tạo token mới (MESSENGER_PAGE_TOKENS)",
    200: "token thiếu quyền pages_messaging hoặc pages_manage_metadata",
    10: "token thiếu quyền pages_messaging hoặc pages_manage_metadata",
    613: "đã gọi quá 10 lần trong 10 phút; chờ 10 phút rồi chạy lại",
    80006: "đã gọi quá nhiều; chờ ít phút rồi chạy lại",
    100: "Meta không nhận một giá trị; xem lời của Meta",
}

Method = Literal["GET", "POST", "DELETE"]


class ProfileError(RuntimeError):
    """Meta refused; the message says what and what to do, in Vietnamese."""


@dataclass(frozen=True)
class Difference:
    """One thing that is set up, or is not. `now` is None where nothing is set."""

    what: str
    now: Any
    wanted: Any

    @property
    def same(self) -> bool:
        """Whether nothing is to be done."""
        return covers(self.wanted, self.now)


def covers(wanted: Any, now: Any) -> bool:
    """Tells whether `now` is what is wanted; Meta may add properties of its own."""
    if isinstance(wanted, dict):
        return isinstance(now, dict) and all(covers(value, now.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        if not isinstance(now, list) or len(wanted) != len(now):
            return False
        return all(covers(one, other) for one, other in zip(_sorted(wanted), _sorted(now), strict=True))
    return bool(wanted == now)


def _sorted(entries: list[Any]) -> list[Any]:
    """Brings entries by language, and names, into one order; the order of a menu counts."""
    if entries and all(isinstance(entry, dict) and "locale" in entry for entry in entries):
        return sorted(entries, key=lambda entry: str(entry["locale"]))
    return sorted(entries) if all(isinstance(entry, str) for entry in entries) else entries


class Profile:
    """The profile of one page."""

    def __init__(self, graph: Graph, app: MessengerApp, page: Page, wanted: dict[str, Any]) -> None:
        self._graph = graph
        self._app = app
        self._page = page
        self._wanted = wanted

    async def name(self) -> tuple[str, str]:
        """Returns the page's id and name, as the token tells."""
        data = await self._call("GET", "me", params={"fields": "id,name"})
        return str(data.get("id", "")), str(data.get("name", ""))

    async def differences(self, callback: str = "") -> list[Difference]:
        """Returns everything that is to be set up, with what is set up now.

        Args:
            callback: the webhook's address, empty if it is not to be looked at.
        """
        data = await self._call("GET", "me/messenger_profile", params={"fields": ",".join(sorted(self._wanted))})
        listed = data.get("data")
        now: dict[str, Any] = {}
        for entry in listed if isinstance(listed, list) else []:
            now |= entry if isinstance(entry, dict) else {}
        found = [Difference(name, now.get(name), self._wanted[name]) for name in PARTS]
        found.append(Difference("subscribed_fields", await self._subscribed(), list(FIELDS)))
        if callback:
            found.append(
                Difference("webhook", await self._webhook(), {"callback_url": callback, "fields": list(FIELDS)})
            )
        return found

    async def apply(self, differences: list[Difference]) -> None:
        """Sets up what differs."""
        changed = {entry.what: entry.wanted for entry in differences if not entry.same}
        webhook, fields = changed.pop("webhook", None), changed.pop("subscribed_fields", None)
        if webhook:  # first: Meta asks the address at once, and a wrong one should stop everything
            verify = {"verify_token": self._app.verify_token, "include_values": True}
            await self._as_app("POST", webhook | verify | {"object": "page", "fields": ",".join(FIELDS)})
        if fields:
            await self._call("POST", "me/subscribed_apps", {"subscribed_fields": ",".join(FIELDS)})
        if changed:
            await self._call("POST", "me/messenger_profile", changed)

    async def remove(self) -> None:
        """Takes everything off the page, also the subscription: no more events come."""
        await self._call("DELETE", "me/messenger_profile", {"fields": list(PARTS)})
        await self._call("DELETE", "me/subscribed_apps")

    async def _subscribed(self) -> list[str] | None:
        data = await self._call("GET", "me/subscribed_apps")
        for entry in data.get("data") or []:
            if isinstance(entry, dict) and str(entry.get("id")) == self._app.app_id:
                return [name for name in entry.get("subscribed_fields") or [] if name in FIELDS]
        return None

    async def _webhook(self) -> dict[str, Any] | None:
        data = await self._as_app("GET")
        for entry in data.get("data") or []:
            if isinstance(entry, dict) and entry.get("object") == "page":
                fields = [field["name"] if isinstance(field, dict) else field for field in entry.get("fields") or []]
                mine = [name for name in fields if name in FIELDS]
                return {"callback_url": entry.get("callback_url"), "fields": mine}
        return None

    async def _as_app(self, method: Method, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if not (self._app.app_id and self._app.secrets):
            raise ProfileError("Cần MESSENGER_APP_ID và MESSENGER_APP_SECRETS để đặt địa chỉ webhook.")
        token = f"{self._app.app_id}|{self._app.secrets[0]}"
        return _good(await self._graph.call(method, f"{self._app.app_id}/subscriptions", token, body), "webhook")

    async def _call(
        self, method: Method, path: str, body: dict[str, Any] | None = None, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        answer = await self._graph.call(method, path, self._page.token, body, params, self._page.id)
        return _good(answer, path.rpartition("/")[2])


def _good(answer: Answer, what: str) -> dict[str, Any]:
    if answer.good and answer.data is not None:
        return answer.data
    if answer.data is None:
        raise ProfileError(f"{what}: không gọi được Meta ({answer.said}). Kiểm tra mạng và MESSENGER_GRAPH_URL.")
    hint = _HINTS.get(answer.code, "xem lời của Meta")
    raise ProfileError(f"{what}: Meta từ chối ({answer.said}): {hint}. Lời của Meta: {answer.message[:300]}")
