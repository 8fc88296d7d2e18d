"""Calls of ours: POST {api}/v1/Accounts/{account}/Calls; the code is told only once somebody has pressed a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import httpx

from connectors.base.calls import NOT_SENT, retry_after
from connectors.phone import metrics
from connectors.phone.settings import Api

_RINGS_SECONDS = 40


@dataclass(frozen=True)
class Rung:
    """What came of asking for a call; "lost": the platform may be ringing. `wait`: seconds that it asks us to wait."""

    outcome: Literal["rings", "refused", "unsent", "lost"]
    wait: float | None = None


class CallApi:
    """Lets the platform ring a number."""

    def __init__(self, http: httpx.AsyncClient, api: Api) -> None:
        self._http = http
        self._api = api

    async def ring(self, number: str, hook: str, status_hook: str) -> Rung:
        """Has a number (0901000123) rung; when it is taken the platform asks `hook` what to say."""
        api = self._api
        body = {
            "call_hook": {"url": hook, "method": "POST"},
            "call_status_hook": {"url": status_hook, "method": "POST"},
            "from": api.caller,
            "to": {"type": "phone", "number": f"+84{number[1:]}"} | ({"trunk": api.trunk} if api.trunk else {}),
            "timeout": _RINGS_SECONDS,
        }
        headers = {"authorization": f"Bearer {api.key.get_secret_value()}"}
        url = f"{api.url.rstrip('/')}/v1/Accounts/{api.account}/Calls"
        try:
            response = await self._http.post(url, json=body, headers=headers)
        except httpx.HTTPError as error:
            metrics.callbacks.labels(type(error).__name__).inc()
            return Rung("unsent" if isinstance(error, NOT_SENT) else "lost")
        metrics.callbacks.labels(str(response.status_code)).inc()
        if 200 <= response.status_code < 300:
            return Rung("rings")
        return Rung("lost" if response.status_code >= 500 else "refused", retry_after(response))
