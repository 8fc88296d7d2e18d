"""How the accounts are doing, for the console and the command line; alarms are Vietnamese sentences for staff."""

from __future__ import annotations

import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from assistant.runtime.times import VIETNAM
from connectors.zalo.errors import ACCOUNT
from connectors.zalo.settings import Oa, ZaloApp
from connectors.zalo.standing import CARDS_AGAIN
from connectors.zalo.token_store import Row, read_row
from connectors.zalo.tokens import WARN_DAYS

_STANDING = "SELECT * FROM zalo_accounts WHERE key = %s"
_STALE_REFRESH = datetime.timedelta(minutes=2)


async def health(pool: AsyncConnectionPool[Any], app: ZaloApp) -> dict[str, Any]:
    """Returns {"ok": bool, "alarms": [sentences], "accounts": [one object an account]}."""
    async with pool.connection() as connection:
        accounts = [await _of_account(connection, app, oa) for oa in app.oas] if app.app_id else []
    alarms = [f"{account['name']}: {alarm}" for account in accounts for alarm in account["alarms"]]
    if not app.app_id:
        alarms.append("Chưa thiết lập ứng dụng Zalo (ZALO_APP_ID).")
    elif app.awaits_its_key:
        alarms.append("Chưa có ZALO_OA_SECRET_KEYS: tin của người dân đến nhưng chưa được nhận.")
    return {"ok": not alarms, "alarms": alarms, "accounts": accounts}


async def _of_account(connection: AsyncConnection[Any], app: ZaloApp, oa: Oa) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC)
    row = await read_row(connection, app.key(oa))
    async with connection.cursor(row_factory=dict_row) as cursor:
        standing = await (await cursor.execute(_STANDING, (app.key(oa),))).fetchone() or {}
    refused = standing.get("cards_refused_at")
    return {
        "id": oa.id or (row.oa if row and row.oa else ""),
        "name": oa.name or oa.id or "OA",
        "connected": bool(row and not row.dead and row.expires_at > now),
        "alarms": [*_of_tokens(row, oa, now), *_of_standing(standing)],
        "access_until": row.expires_at if row else None,
        "refreshed_at": row.refreshed_at if row else None,
        "granted_at": row.granted_at if row else None,
        "refresh_days_left": round(row.days_left(now), 1) if row else 0.0,
        "cards": "menu" if refused and now - refused < CARDS_AGAIN else "card",
        "rate": {"limit": standing.get("rate_limit"), "remain": standing.get("rate_remain")},
        "quota": standing.get("quota"),
        "error": standing.get("error"),
        "error_at": standing.get("error_at"),
    }


def _of_tokens(row: Row | None, oa: Oa, now: datetime.datetime) -> list[str]:
    again = "Kết nối lại OA: `assistant zalo connect`."
    if row is None:
        return [f"Chưa kết nối. {again}"]
    if row.oa and oa.id and row.oa != oa.id:
        return [f"Token đang giữ là của OA {row.oa}. {again}"]
    if row.dead:
        return [f"Refresh token không dùng được nữa từ {in_words(row.trouble_at)}. {again}"]
    found = []
    if row.trouble:
        found.append(f"Zalo từ chối làm mới token ({row.trouble}) từ {in_words(row.trouble_at)}.")
    if row.asked_at and now - row.asked_at > _STALE_REFRESH:
        found.append(f"Lần làm mới token lúc {in_words(row.asked_at)} chưa có câu trả lời.")
    if row.expires_at <= now:
        found.append(f"Access token hết hạn từ {in_words(row.expires_at)}.")
    if row.days_left(now) < WARN_DAYS:
        found.append(f"Refresh token chỉ còn {row.days_left(now):.0f} ngày. {again}")
    return found


def _of_standing(standing: dict[str, Any]) -> list[str]:
    error = standing.get("error")
    if not error:
        return []
    return [
        f"Zalo từ chối tin nhắn ({error}): {ACCOUNT.get(int(error), '')}, lần cuối {in_words(standing['error_at'])}."
    ]


def in_words(at: datetime.datetime | None) -> str:
    """Returns a time as people in Vietnam read it; empty where there is none."""
    return f"{at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}" if at else ""
