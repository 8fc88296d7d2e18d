"""How the telephone is doing, for the console; alarms are Vietnamese sentences for staff."""

from __future__ import annotations

from typing import Any

from psycopg_pool import AsyncConnectionPool

from connectors.phone.settings import PhoneLine

_LOOK = """
SELECT (SELECT count(*) FROM phone_calls WHERE ended_at IS NULL AND stepped_at > now() - interval '15 minutes'),
       (SELECT coalesce(sum(attempts), 0) FROM phone_callbacks WHERE made_at > now() - interval '1 day'),
       (SELECT count(*) FROM phone_callbacks WHERE state IN ('waiting', 'given_up') AND error IN ('refused', 'unsent')
        AND made_at > now() - interval '1 hour')
"""


async def health(pool: AsyncConnectionPool[Any], line: PhoneLine) -> dict[str, Any]:
    """Returns {"ok": bool, "alarms": [sentences], "accounts": [the line]}."""
    async with pool.connection() as connection:
        row = await (await connection.execute(_LOOK)).fetchone()
    calls, rung, failed = row or (0, 0, 0)
    alarms = []
    if failed:
        alarms.append(f"Trong một giờ qua {failed} cuộc gọi lại không gọi ra được: xem khóa, địa chỉ API của tổng đài.")
    if rung >= line.callbacks_a_day:
        alarms.append("Đã đủ số cuộc gọi lại của ngày (callbacks_a_day): người gọi đến được mời gọi lại sau.")
    account = {"id": line.number, "name": line.number, "calls": calls, "callbacks": rung}
    return {"ok": not alarms, "alarms": alarms, "accounts": [account]}
