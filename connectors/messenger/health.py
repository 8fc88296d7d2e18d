"""How the pages are doing, for the console and the command line; alarms are Vietnamese sentences for staff."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from assistant.runtime.periodic_jobs import Job
from connectors.messenger import metrics
from connectors.messenger.api import Graph
from connectors.messenger.settings import MessengerApp, Page

_STANDING = "SELECT * FROM messenger_pages"
_CHECK_EVERY = 300.0
_ASK_AGAIN = 60.0  # a page that is looked at often does not ask Meta each time
_WARN = datetime.timedelta(days=7)
#: What waited for a good token goes at once when there is one again.
_RELEASE = """
UPDATE outbox SET next_try_at = now()
WHERE state = 'waiting' AND next_try_at > now() AND conversation LIKE 'messenger:%'
  AND error ~ '^(190|100|10|200|1)(/|$)'
"""


@dataclass(frozen=True)
class Token:
    """What Meta says about a page's token; `valid` is None while it cannot be asked."""

    valid: bool | None = None
    error: str = ""
    page: str = ""  # whose token it is
    until: datetime.datetime | None = None  # None: no end
    lacking: tuple[str, ...] = ()


NEEDED = ("pages_messaging", "pages_manage_metadata")


class Tokens:
    """Asks Meta now and then whether the pages' tokens are good."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        app: MessengerApp,
        graph: Graph,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._app = app
        self._graph = graph
        self._clock = clock
        self._known: dict[str, tuple[float, Token]] = {}

    def job(self) -> Job:
        """Returns the work that looks for dead tokens, and for such as were mended."""
        return Job("messenger tokens", _CHECK_EVERY, self.check)

    async def check(self) -> None:
        """Asks for every page, and lets what waited for a good token go."""
        before = {page: token.valid for page, (_, token) in self._known.items()}
        for page in self._app.pages:
            token = await self._ask(page)
            if token.valid and before.get(page.id) is not True:
                async with self._pool.connection() as connection:
                    await connection.execute(_RELEASE)

    async def of(self, page: Page) -> Token:
        """Returns what Meta says, or said within the last minute."""
        asked_at, token = self._known.get(page.id, (-_ASK_AGAIN, Token()))
        return token if self._clock() - asked_at < _ASK_AGAIN else await self._ask(page)

    async def _ask(self, page: Page) -> Token:
        token = await debug(self._graph, self._app, page)
        self._known[page.id] = (self._clock(), token)
        if token.valid is not None:
            metrics.token_valid.labels(page.id).set(token.valid)
        return token


async def debug(graph: Graph, app: MessengerApp, page: Page) -> Token:
    """Asks Meta about a page's token; without an app id, by using it."""
    if not (app.app_id and app.secrets):
        used = await graph.call("GET", "me", page.token, params={"fields": "id,name"}, page=page.id)
        if used.data is None:
            return Token(error=used.said)
        return Token(used.good, used.said, str(used.data.get("id", "")))
    unknown = Token()
    for secret in app.secrets:  # while the secret is being changed only one of them is the app's
        asked = await graph.call(
            "GET", "debug_token", f"{app.app_id}|{secret}", params={"input_token": page.token}, page=page.id
        )
        data = asked.data.get("data") if asked.data else None
        if asked.good and isinstance(data, dict):
            return _token(data)
        unknown = Token(error=asked.said or "no data")
    return unknown


def _token(data: dict[str, Any]) -> Token:
    error, scopes = data.get("error"), data.get("scopes")
    granted = scopes if isinstance(scopes, list) else []
    ends = [data.get(name) for name in ("expires_at", "data_access_expires_at")]
    known = [end for end in ends if isinstance(end, int) and 0 < end < 10**11]
    return Token(
        data.get("is_valid") is True,
        str(error.get("code", "")) if isinstance(error, dict) else "",
        str(data.get("profile_id", "")),
        datetime.datetime.fromtimestamp(min(known), datetime.UTC) if known else None,
        tuple(name for name in NEEDED if name not in granted),
    )


async def health(pool: AsyncConnectionPool[Any], app: MessengerApp, tokens: Tokens | None) -> dict[str, Any]:
    """Returns {"ok": bool, "alarms": [sentences], "accounts": [one object a page]}."""
    alarms = _of_settings(app)
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        rows = {row["page"]: row for row in await (await cursor.execute(_STANDING)).fetchall()}
    accounts = [
        _of_page(page, rows.get(page.id, {}), await tokens.of(page) if tokens else Token()) for page in app.pages
    ]
    alarms += [f"{account['name']}: {alarm}" for account in accounts for alarm in account["alarms"]]
    return {"ok": not alarms, "alarms": alarms, "accounts": accounts}


def _of_settings(app: MessengerApp) -> list[str]:
    needed = {
        "MESSENGER_PAGE_TOKENS": app.pages,
        "MESSENGER_APP_SECRETS": app.secrets,
        "MESSENGER_VERIFY_TOKEN": app.verify_token,
        "MESSENGER_APP_ID": app.app_id,
    }
    return [f"Chưa đặt {name}." for name, given in needed.items() if not given]


def _of_page(page: Page, row: dict[str, Any], token: Token) -> dict[str, Any]:
    return {
        "id": page.id or token.page,
        "name": f"Trang {page.id or token.page or 'chưa rõ'}",
        "connected": bool(token.valid),
        "alarms": _alarms(page, row, token),
        "token_valid": token.valid,
        "token_until": token.until,
        "heard_at": row.get("heard_at"),
        "test_at": row.get("test_at"),
        "passive_at": row.get("passive_at"),
        "sent_at": row.get("sent_at"),
        "error": row.get("error"),
        "error_at": row.get("error_at"),
    }


def _alarms(page: Page, row: dict[str, Any], token: Token) -> list[str]:
    again = "Tạo token mới rồi đặt vào MESSENGER_PAGE_TOKENS."
    found = []
    if token.valid is False:
        found.append(f"Token không dùng được nữa ({token.error or 'hết hạn'}). {again}")
    elif token.valid is None and token.error:
        found.append(f"Không hỏi được Meta về token ({token.error}).")
    if token.valid and token.lacking:
        found.append(f"Token thiếu quyền {', '.join(token.lacking)}.")
    if page.id and token.page and token.page != page.id:
        found.append(f"Token là của Trang {token.page}.")
    if token.until and token.until - datetime.datetime.now(datetime.UTC) < _WARN:
        found.append(f"Token hết hạn lúc {_when(token.until)}. {again}")
    if row.get("alarm") and token.valid is not False:
        found.append(f"Meta từ chối tin nhắn ({row['error']}): {row['alarm']}, lần cuối {_when(row['error_at'])}.")
    if row.get("passive_at") and row["passive_at"] > (row.get("sent_at") or row["passive_at"] - _WARN):
        found.append("Tin nhắn đang được giao cho ứng dụng khác trả lời; xem mục Định tuyến hội thoại của Trang.")
    return found


def _when(at: datetime.datetime | None) -> str:
    local = at.astimezone(datetime.timezone(datetime.timedelta(hours=7))) if at else None
    return f"{local:%H:%M ngày %d/%m/%Y}" if local else "không rõ"
