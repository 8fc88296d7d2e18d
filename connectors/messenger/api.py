"""Calls to the Graph API: version, page token, proof of the app secret, errors in the body.

The token and its proof are query parameters, as the contract has them; the client's own log, which
would show them, is shut off (assistant.runtime.logs).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import orjson

from connectors.base.calls import Call, name_of, retry_after, trouble_of
from connectors.messenger import metrics
from connectors.messenger.pace import Pace
from connectors.messenger.settings import MessengerApp


@dataclass(frozen=True)
class Answer(Call):
    """What came of one call; `data` is Graph's JSON object, None where no answer of Graph's came."""

    data: dict[str, Any] | None
    error: Mapping[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """Whether Graph did what was asked."""
        return self.data is not None and not self.error

    @property
    def code(self) -> int:
        """Graph's error code; 0 where there is none."""
        return _number(self.error.get("code"))

    @property
    def subcode(self) -> int:
        """Graph's error subcode; 0 where there is none."""
        return _number(self.error.get("error_subcode"))

    @property
    def message(self) -> str:
        """Graph's own words on an error."""
        found = self.error.get("message")
        return found if isinstance(found, str) else ""


def proof(secret: str, token: str) -> str:
    """Returns the appsecret_proof of a token."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class Graph:
    """The Graph API with the credentials of one app."""

    def __init__(self, http: httpx.AsyncClient, app: MessengerApp, pace: Pace | None = None) -> None:
        self._http = http
        self._base = f"{app.graph_url.rstrip('/')}/{app.version}"
        self._secrets = app.secrets
        self._proving = 0  # the secret that proofs are made with; while it is changed, the one that works
        self.pace = pace or Pace()

    async def call(
        self,
        method: Literal["GET", "POST", "DELETE"],
        path: str,
        token: str,
        body: dict[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        page: str = "",
    ) -> Answer:
        """Makes a call; never raises.

        Args:
            method: of HTTP.
            path: below the version, e.g. "me/messages".
            token: of the page, or "APP_ID|APP_SECRET".
            body: goes as JSON.
            params: go into the query, beside token and proof.
            page: whose limits the answer's headers tell.
        """
        answer = await self._once(method, path, token, body, params or {}, page)
        if "appsecret_proof" in answer.message and len(self._secrets) > 1:
            self._proving = (self._proving + 1) % len(self._secrets)
            answer = await self._once(method, path, token, body, params or {}, page)
        return answer

    async def _once(
        self,
        method: str,
        path: str,
        token: str,
        body: dict[str, Any] | None,
        params: Mapping[str, str],
        page: str,
    ) -> Answer:
        query = {**params, "access_token": token}
        if self._secrets and "|" not in token:  # an app's own token shows the secret itself
            query["appsecret_proof"] = proof(self._secrets[self._proving], token)
        try:
            response = await self._http.request(
                method,
                f"{self._base}/{path}",
                params=query,
                content=None if body is None else orjson.dumps(body),
                headers=None if body is None else {"content-type": "application/json"},
            )
        except httpx.HTTPError as error:
            answer = Answer(None, trouble=trouble_of(error), said=name_of(error))
        else:
            self.pace.told(page, response.headers)
            answer = read(response)
        metrics.answers.labels(answer.said or "0").inc()
        return answer


def read(response: httpx.Response) -> Answer:
    """Reads an answer. The body decides, not the status: errors have come with 200, too."""
    status = response.status_code
    try:
        data = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        return Answer(None, status=status, trouble="proxy", said=f"http {status}", wait=retry_after(response))
    error = data.get("error")
    if error is None and status >= 400:
        return Answer(None, status=status, trouble="proxy", said=f"http {status}")
    if error is None:
        return Answer(data, status=status)
    told = error if isinstance(error, dict) and error else {"message": str(error)}
    answer = Answer(data, error=told)
    said = f"{answer.code}/{answer.subcode}" if answer.subcode else str(answer.code)
    return Answer(data, status=status, said=said, error=told)


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12 else 0
