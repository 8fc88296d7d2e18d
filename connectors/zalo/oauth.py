"""Zalo's OAuth v4: refresh tokens that work once, and the permission page (PKCE) where an admin connects an OA."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import urlencode

import httpx
from psycopg_pool import AsyncConnectionPool

from assistant.privacy.vault import Vault
from connectors.base.connecting import Begun, Connected, ConnectError
from connectors.zalo.api import Api, TokenError
from connectors.zalo.pace import Pace
from connectors.zalo.settings import Oa, ZaloApp
from connectors.zalo.token_store import Pair, TokenStore

#: Zalo's numbers for settings that are wrong.
SETTINGS = frozenset({-14002, -14003, -14004})
_CODE = -14005
#: How long the way over the permission page may take; Zalo's code lives as long.
GRANT_LIVES = datetime.timedelta(minutes=10)
_SHORTEST = 600
_IF_UNTOLD = 3600


class Refused(TokenError):
    """Zalo answered without a token; `code` is its number, if it gave one."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"oauth {code}")
        self.code = code


class Lost(TokenError):
    """No answer of Zalo's came: a token that was sent may be used up."""


class OAuth:
    """Zalo's token endpoint, for one app."""

    def __init__(self, http: httpx.AsyncClient, app: ZaloApp) -> None:
        self._http = http
        self._app = app
        self.base = app.oauth.rstrip("/")

    async def refresh(self, token: str) -> Pair:
        """Exchanges a refresh token, which is then used up."""
        return await self._ask({"refresh_token": token, "grant_type": "refresh_token"}, token)

    async def exchange(self, code: str, verifier: str) -> Pair:
        """Exchanges the code of a permission page, which is then used up."""
        return await self._ask({"code": code, "grant_type": "authorization_code", "code_verifier": verifier}, "")

    async def _ask(self, form: dict[str, str], kept: str) -> Pair:
        """Asks for tokens.

        Raises:
            Lost: if no answer of Zalo's came.
            Refused: if Zalo gives none. Errors come with HTTP 200, sometimes without a number: only a full
                answer counts. One without a refresh token has been seen; the old one then stays.
        """
        try:
            response = await self._http.post(
                f"{self.base}/v4/oa/access_token",
                data=form | {"app_id": self._app.app_id},
                headers={"secret_key": self._app.app_secret},
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Lost(f"oauth {type(error).__name__}") from error
        if not isinstance(answer, dict):
            raise Lost("oauth answer")
        access, refresh = answer.get("access_token"), answer.get("refresh_token") or kept
        if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
            if response.status_code >= 500:
                raise Lost(f"oauth http {response.status_code}")
            code = answer.get("error")
            raise Refused(code if isinstance(code, int) else None)
        return Pair(access, refresh, _seconds(answer.get("expires_in")))


def _seconds(told: Any) -> int:
    """Reads `expires_in`, a string of seconds; what is no number must not cost the tokens."""
    digits = str(told)
    return max(_SHORTEST, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 9 else _IF_UNTOLD


class Connect:
    """Connects an OA: an admin gives the app permission on Zalo's page, and Zalo's code becomes tokens.

    The state works once, for ten minutes, on any node; the PKCE verifier stays here, sealed.
    """

    def __init__(self, pool: AsyncConnectionPool[Any], vault: Vault, http: httpx.AsyncClient, app: ZaloApp) -> None:
        self._pool = pool
        self._vault = vault
        self._http = http
        self._app = app
        self._oauth = OAuth(http, app)

    async def begin(self, redirect_uri: str) -> Begun:
        """Returns the permission page's address; `redirect_uri` must be registered in Zalo's console."""
        state = secrets.token_urlsafe(32)
        verifier = secrets.token_urlsafe(32)  # 43 characters
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        key = _hash(state)
        sealed = self._vault.seal(json.dumps({"verifier": verifier}), f"zalo grant {key.hex()}")
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM zalo_grants WHERE expires_at < now()")
            await connection.execute(
                "INSERT INTO zalo_grants (state_hash, sealed, expires_at) VALUES (%s, %s, now() + %s)",
                (key, sealed, GRANT_LIVES),
            )
        query = {"app_id": self._app.app_id, "redirect_uri": redirect_uri, "code_challenge": challenge, "state": state}
        return Begun(f"{self._oauth.base}/v4/oa/permission?{urlencode(query)}", state)

    async def finish(self, code: str, state: str, oa_id: str = "") -> Connected:
        """Exchanges the code that came back, and keeps the tokens of the account it is for.

        Raises:
            ConnectError: if the state is unknown, used or too old, Zalo refuses, or the account is not ours.
        """
        verifier = await self._verifier(state)
        try:
            pair = await self._oauth.exchange(code, verifier)
        except Refused as error:
            raise ConnectError(_why(error.code)) from error
        except Lost as error:
            raise ConnectError(f"Zalo không trả lời ({error}). Bạn làm lại từ đầu.") from error
        named, name = await self._who(pair.access)
        if oa_id and named and oa_id != named:
            raise ConnectError(f"Zalo báo OA {oa_id} nhưng token thuộc về OA {named}. Bạn làm lại từ đầu.")
        oa = self._of(named or oa_id)
        await self._keep(oa, pair, named or oa_id)
        return Connected(named or oa_id, name)

    async def _verifier(self, state: str) -> str:
        key = _hash(state)
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                "DELETE FROM zalo_grants WHERE state_hash = %s RETURNING sealed, expires_at > now()", (key,)
            )
            row = await cursor.fetchone()
        if row is None:
            raise ConnectError("Liên kết cấp quyền này không có hoặc đã dùng rồi. Bạn tạo liên kết mới.")
        if not row[1]:
            raise ConnectError("Liên kết cấp quyền đã quá 10 phút. Bạn tạo liên kết mới.")
        return str(json.loads(self._vault.open(row[0], f"zalo grant {key.hex()}"))["verifier"])

    async def _who(self, access: str) -> tuple[str, str]:
        """Asks Zalo whose token this is; not being told is no reason to lose the tokens."""
        answer = await Api(self._http, self._app.api, _Fixed(access), Pace(), self._app.app_secret).account()
        found = answer.data.get("oa_id") or answer.data.get("oaid") or ""
        return str(found), str(answer.data.get("name") or "")

    def _of(self, oa_id: str) -> Oa:
        oa = self._app.find(oa_id)
        if oa is None:
            raise ConnectError(f"OA {oa_id or '(không rõ)'} không có trong thiết lập ZALO_OAS hoặc ZALO_OA_ID.")
        return oa

    async def _keep(self, oa: Oa, pair: Pair, named: str) -> None:
        async with self._pool.connection() as connection:
            await TokenStore(self._vault, self._app.key(oa), named, oa.refresh_token).granted(connection, pair)


class _Fixed:
    """A token that is not to be refreshed."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def access(self) -> str:
        return self._token

    async def refresh(self, refused: str) -> str:
        raise TokenError("refused")


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()


def _why(code: int | None) -> str:
    reasons = {
        _CODE: "mã cấp quyền sai, đã dùng hoặc quá 10 phút",
        -14002: "ZALO_APP_ID sai, hoặc ứng dụng chưa hoạt động",
        -14003: "địa chỉ quay về chưa đăng ký trong trang ứng dụng, hoặc tên miền chưa xác thực",
        -14004: "ZALO_APP_SECRET sai",
    }
    return f"Zalo từ chối ({code}): {reasons.get(code or 0, 'không rõ lý do')}. Bạn tạo liên kết mới rồi làm lại."
