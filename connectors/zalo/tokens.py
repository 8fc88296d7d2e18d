"""The OA's tokens: kept encrypted in the database, refreshed by one holder at a time.

A refresh token works once and takes the old access token with it, so a refresh happens under a
row lock and whoever waited for the lock uses the other's result.
"""

from __future__ import annotations

import datetime
import json
import logging
from typing import Any

import httpx
from psycopg_pool import AsyncConnectionPool

from assistant.privacy.vault import Vault
from connectors.zalo.client import TokenError

logger = logging.getLogger(__name__)
_BEFORE_END = datetime.timedelta(minutes=30)


class StoredTokens:
    """Implements `client.Tokens`."""

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        vault: Vault,
        client: httpx.AsyncClient,
        oauth_url: str,
        app_id: str,
        app_secret: str,
        first_refresh_token: str,
    ) -> None:
        self._pool = pool
        self._vault = vault
        self._client = client
        self._url = f"{oauth_url.rstrip('/')}/v4/oa/access_token"
        self._app_id = app_id
        self._secret = app_secret
        self._first = first_refresh_token
        self._access = ""
        self._until = datetime.datetime.min.replace(tzinfo=datetime.UTC)

    async def access(self) -> str:
        """Returns a token that should be good.

        Raises:
            TokenError: if none is to be had.
        """
        if self._access and self._until - _BEFORE_END > datetime.datetime.now(datetime.UTC):
            return self._access
        return await self.refresh(self._access)

    async def refresh(self, refused: str) -> str:
        """Returns a newer token than `refused`.

        Raises:
            TokenError: if Zalo gives none.
        """
        bound = f"zalo {self._app_id}"
        now = datetime.datetime.now(datetime.UTC)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO zalo_tokens (oa_id, sealed, expires_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
                (self._app_id, self._vault.seal(json.dumps(["", self._first]), bound)),
            )
            cursor = await connection.execute(
                "SELECT sealed, expires_at FROM zalo_tokens WHERE oa_id = %s FOR UPDATE", (self._app_id,)
            )
            sealed, until = await cursor.fetchone() or (b"", now)
            access, refresh = json.loads(self._vault.open(sealed, bound))
            if not access or access == refused or until - _BEFORE_END <= now:
                access, refresh, seconds = await self._ask_any(refresh)
                until = now + datetime.timedelta(seconds=seconds)
                await connection.execute(
                    "UPDATE zalo_tokens SET sealed = %s, expires_at = %s, refreshed_at = now() WHERE oa_id = %s",
                    (self._vault.seal(json.dumps([access, refresh]), bound), until, self._app_id),
                )
        self._access, self._until = access, until
        return str(access)

    async def _ask_any(self, kept: str) -> tuple[str, str, int]:
        try:
            return await self._ask(kept)
        except TokenError:
            if not self._first or self._first == kept:
                raise
            return await self._ask(self._first)  # the OA was connected again: its new token is in the settings

    async def _ask(self, refresh_token: str) -> tuple[str, str, int]:
        form = {"refresh_token": refresh_token, "app_id": self._app_id, "grant_type": "refresh_token"}
        try:
            response = await self._client.post(self._url, data=form, headers={"secret_key": self._secret})
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise TokenError(f"oauth {type(error).__name__}") from error
        # Errors come with HTTP 200, and sometimes without a number: only a full answer counts.
        if not isinstance(answer, dict) or not answer.get("access_token") or not answer.get("refresh_token"):
            code = answer.get("error") if isinstance(answer, dict) else None
            logger.error("zalo gives no token (%s): connect the OA again, see connectors/zalo/README.md", code)
            raise TokenError(f"oauth {code}")
        return answer["access_token"], answer["refresh_token"], int(answer.get("expires_in") or 90000)
