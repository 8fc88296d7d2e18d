"""Signing in with the organisation's OpenID provider: authorization code with PKCE, state and nonce.

The provider says who somebody is and in which groups; a table in the settings makes roles of groups. Its word
is taken only from a signed ID token for this client, this sign-in (nonce) and this moment.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg

from assistant.audit import Event
from assistant.audit import Staff as StaffActor
from assistant.settings import Settings, SettingsError
from assistant.staff import accounts, sessions
from assistant.staff.doer import Doer
from assistant.staff.model import ROLES, Role, SignInRefused

logger = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_LEEWAY = 60
_TIMEOUT = 8
_KEPT = 3600.0
#: Authentication methods (RFC 8176) that are a second factor already.
_SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fido", "face", "fpt"})
_DOWN = "Cổng đăng nhập của cơ quan đang không trả lời. Bạn thử lại sau ít phút."
_BAD = "Cổng đăng nhập của cơ quan trả lời không hợp lệ, nên chưa đăng nhập được. Bạn làm lại từ đầu."


@dataclass(frozen=True)
class Provider:
    """What the settings say of the provider. `roles` maps a value of the claim to a role."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str
    roles: Mapping[str, Role]


def read_provider(issuer: str, client_id: str, client_secret: str, claim: str, roles: str) -> Provider | None:
    """Returns the provider of the settings, or None if there is none.

    Raises:
        SettingsError: if it is incomplete, not HTTPS, or names a role there is not.
    """
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise SettingsError("OIDC_ISSUER must begin with https://")
    if not client_id or not client_secret:
        raise SettingsError("OIDC_ISSUER is set, so OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be, too")
    mapped: dict[str, Role] = {}
    for pair in filter(None, (piece.strip() for piece in roles.split(","))):
        value, _, role = pair.rpartition(":")
        if not value or role not in ROLES:
            raise SettingsError(f"OIDC_ROLES: {pair!r} is not VALUE:ROLE with a role of {', '.join(ROLES)}")
        mapped[value] = role
    if not mapped:
        raise SettingsError("OIDC_ROLES is empty: nobody could sign in; give VALUE:ROLE, separated by commas")
    return Provider(issuer.rstrip("/"), client_id, client_secret, claim, mapped)


def provider_of(settings: Settings) -> Provider | None:
    """Returns the provider that the settings name.

    Raises:
        SettingsError: likewise.
    """
    return read_provider(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret.get_secret_value(),
        settings.oidc_role_claim, settings.oidc_roles,
    )  # fmt: skip


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: where to send the browser, and what must be remembered until it comes back."""

    url: str
    remembered: str  # JSON; sealed by whoever keeps it


@dataclass(frozen=True)
class Known:
    """Who the provider says it is."""

    subject: str  # "issuer subject"
    name: str
    shown: str
    roles: frozenset[Role]
    second_factor: bool


class OpenId:
    """Speaks with the provider; its description and keys are kept for an hour. Blocking: for a handler's thread."""

    def __init__(self, provider: Provider, redirect_uri: str) -> None:
        self._provider = provider
        self._redirect_uri = redirect_uri
        self._lock = threading.Lock()
        self._kept: tuple[float, dict[str, Any], Any] | None = None

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        provider = self._provider
        return OAuth2Session(
            provider.client_id, provider.client_secret, scope="openid profile email",
            redirect_uri=self._redirect_uri, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - a method's name
        )  # fmt: skip

    def _described(self, fresh: bool = False) -> tuple[dict[str, Any], Any]:
        """Returns the provider's description and its keys.

        Raises:
            SignInRefused: if it does not answer, or describes somebody else.
        """
        import requests
        from joserfc.jwk import KeySet

        with self._lock:
            if self._kept and not fresh and time.monotonic() - self._kept[0] < _KEPT:
                return self._kept[1], self._kept[2]
            issuer = self._provider.issuer
            try:
                found = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=_TIMEOUT).json()
                if not isinstance(found, dict) or str(found.get("issuer", "")).rstrip("/") != issuer:
                    raise ValueError("another issuer")
                keys = KeySet.import_key_set(requests.get(found["jwks_uri"], timeout=_TIMEOUT).json())
            except (requests.RequestException, ValueError, KeyError, TypeError) as error:
                logger.warning("openid provider: %s", type(error).__name__)
                raise SignInRefused(_DOWN) from error
            self._kept = (time.monotonic(), found, keys)
            return found, keys

    def begin(self, onward: str) -> Begun:
        """Returns where the browser goes to sign in.

        Raises:
            SignInRefused: if the provider does not answer.
        """
        described, _ = self._described()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._session() as session:
            url, state = session.create_authorization_url(
                described["authorization_endpoint"],
                state=secrets.token_urlsafe(32),
                code_verifier=verifier,
                nonce=nonce,
            )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "next": onward, "at": int(time.time())}
        return Begun(url, json.dumps(kept))

    def finish(self, remembered: str, state: str, code: str) -> tuple[Known, str]:
        """Returns who came back, and where they wanted to go.

        Raises:
            SignInRefused: if anything about the answer is not as it must be.
        """
        kept = json.loads(remembered)
        if time.time() - kept["at"] > 600 or not secrets.compare_digest(kept["state"].encode(), state.encode()):
            raise SignInRefused(_BAD)
        described, keys = self._described()
        token = self._token(described["token_endpoint"], code, kept["verifier"])
        try:
            claims = self._claims(token, keys, kept["nonce"])
        except Exception:  # noqa: BLE001 - perhaps its keys are new: once more, with fresh ones
            _, keys = self._described(fresh=True)
            try:
                claims = self._claims(token, keys, kept["nonce"])
            except Exception as error:
                logger.warning("openid token refused: %s", type(error).__name__)
                raise SignInRefused(_BAD) from error
        return self._known(claims), kept["next"]

    def _token(self, endpoint: str, code: str, verifier: str) -> str:
        import requests
        from authlib.common.errors import AuthlibBaseError

        try:
            with self._session() as session:
                answer = session.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=verifier, timeout=_TIMEOUT
                )
            return str(answer["id_token"])
        except (AuthlibBaseError, requests.RequestException, ValueError, KeyError) as error:
            logger.warning("openid code refused: %s", type(error).__name__)
            raise SignInRefused(_BAD) from error

    def _claims(self, token: str, keys: Any, nonce: str) -> dict[str, Any]:
        from joserfc import jwt

        decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(decoded.claims)
        audience = decoded.claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and decoded.claims.get("azp") != self._provider.client_id:
            raise ValueError("for another client")
        return dict(decoded.claims)

    def _known(self, claims: dict[str, Any]) -> Known:
        given = claims.get(self._provider.claim)
        values = given if isinstance(given, list) else [given]
        roles = frozenset(
            self._provider.roles[value] for value in values if isinstance(value, str) and value in self._provider.roles
        )
        if not roles:
            raise SignInRefused("Tài khoản cơ quan của bạn chưa được cấp vai trò nào ở đây. Bạn liên hệ quản trị viên.")
        methods = claims.get("amr")
        wanted = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
        name = re.sub(r"[^a-z0-9._-]", "", wanted.partition("@")[0].lower())[:40]
        return Known(
            f"{self._provider.issuer} {claims['sub']}", name, str(claims.get("name") or name)[:80], roles,
            bool(_SECOND_FACTORS & set(methods)) if isinstance(methods, list) else False,
        )  # fmt: skip


def admit(connection: Connection, known: Known, doer: Doer) -> tuple[str, sessions.Stage]:
    """Makes or brings up to date the account of somebody the provider knows; returns name and what comes next.

    An account that was made here with a password is never taken over by a name that is alike.

    Raises:
        SignInRefused: if the account is closed, or the name is somebody else's.
    """
    row = connection.execute(
        "SELECT name, roles, totp IS NOT NULL, disabled_at IS NOT NULL FROM staff WHERE openid = %s FOR UPDATE",
        (known.subject,),
    ).fetchone()
    roles = [role for role in ROLES if role in known.roles]
    if row is None:
        name, enrolled = accounts.clean_name(known.name), False
        done = connection.execute(
            "INSERT INTO staff (name, shown, roles, openid) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (name, known.shown, roles, known.subject),
        )
        if done.rowcount != 1:
            raise SignInRefused(f"Tên {name} đã có tài khoản khác ở đây. Bạn nhờ quản trị viên đổi tên một bên.")
        doer.record(connection, Event.STAFF_JOINED, StaffActor(name), by="openid", roles=",".join(roles))
    else:
        name, before, enrolled, disabled = row
        if disabled:
            raise SignInRefused("Tài khoản của bạn ở đây đã bị khóa.")
        connection.execute("UPDATE staff SET roles = %s, shown = %s WHERE name = %s", (roles, known.shown, name))
        if set(before) != known.roles:
            sessions.end_all(connection, name)
            doer.record(connection, Event.STAFF_ROLES_CHANGED, StaffActor(name), by="openid", roles=",".join(roles))
    if known.second_factor:
        return name, "full"
    return name, "code" if enrolled else "enrol"
