"""A small OpenID provider for tests and trials: people without passwords, everything else as the specification asks.

It checks the client's secret, the redirect address, PKCE (S256) and that a code is used once, within a minute, for
the client it was made for; its ID tokens are signed with a key of its own. `python -m sandbox.openid` serves it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

_CODE_LIVES = 60


@dataclass
class Grant:
    """A code that was given out."""

    person: str
    nonce: str
    challenge: str
    redirect_uri: str
    until: float


@dataclass
class OpenIdProvider:
    """The provider. `people`: name → extra claims; `change` may spoil the claims, as tests of bad tokens do."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    people: dict[str, dict[str, Any]]
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"use": "sig", "kid": secrets.token_hex(4)}))
    grants: dict[str, Grant] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"

    def app(self) -> Starlette:
        """Returns the application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/jwks", self._keys),
                Route("/authorize", self._ask),
                Route("/authorize/{person}", self._allow),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _describe(self, request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _wrong(self, request: Request) -> str:
        query = request.query_params
        wrong = {
            "client_id": query.get("client_id") != self.client_id,
            "redirect_uri": query.get("redirect_uri") not in self.redirect_uris,
            "response_type": query.get("response_type") != "code",
            "scope": "openid" not in query.get("scope", "").split(),
            "code_challenge": query.get("code_challenge_method") != "S256"
            or len(query.get("code_challenge", "")) != 43,
            "state": not query.get("state"),
            "nonce": not query.get("nonce"),
        }
        return ", ".join(name for name, is_wrong in wrong.items() if is_wrong)

    async def _ask(self, request: Request) -> Response:
        if wrong := self._wrong(request):
            return PlainTextResponse(f"invalid_request: {wrong}", 400)
        links = "".join(
            f'<li><a href="authorize/{escape(person)}?{escape(urlencode(dict(request.query_params)))}">'
            f"{escape(str(claims.get('name', person)))}</a></li>"
            for person, claims in self.people.items()
        )
        return HTMLResponse(f'<!doctype html><html lang="vi"><title>Đăng nhập cơ quan</title><ul>{links}</ul></html>')

    async def _allow(self, request: Request) -> Response:
        person = request.path_params["person"]
        if (wrong := self._wrong(request)) or person not in self.people:
            return PlainTextResponse(f"invalid_request: {wrong or 'person'}", 400)
        query, code = request.query_params, secrets.token_urlsafe(24)
        self.grants[code] = Grant(
            person, query["nonce"], query["code_challenge"], query["redirect_uri"], time.time() + _CODE_LIVES
        )
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}", 303)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self.grants.pop(str(form.get("code", "")), None)
        hashed = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        if (
            grant is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != grant.redirect_uri
            or challenge != grant.challenge
            or time.time() > grant.until
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": self._signed(grant)}
        )

    def _signed(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": self.client_id, "sub": f"subject-{grant.person}", "iat": now, "exp": now + 300,
            "nonce": grant.nonce, "preferred_username": grant.person,
        }  # fmt: skip
        claims |= self.people[grant.person] | self.change
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, kept, self.key)


def main() -> None:
    """Serves a provider on port 8089 for a console at http://127.0.0.1:8000."""
    import uvicorn

    people = {"lan": {"name": "Phạm Thị Lan", "groups": ["vssid-agents"]}}
    back = "http://127.0.0.1:8000/console/sign-in/openid/back"
    provider = OpenIdProvider("http://127.0.0.1:8089", "console", "console-secret", (back,), people)
    uvicorn.run(provider.app(), port=8089)


if __name__ == "__main__":
    main()
