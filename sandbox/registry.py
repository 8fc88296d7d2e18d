"""A registry that speaks docs/registry-api.yaml over real HTTP, with the demo members and faults on demand.

`python -m sandbox.registry` serves it by itself; docs/registry.md says how to let the assistant use it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import hashlib
import re
import secrets
import threading
import uuid
from collections import deque
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import argon2
from http_message_signatures import HTTPMessageVerifier, InvalidSignature, MappingKeyResolver, algorithms
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from assistant.accounts.demo_members import MEMBERS, DemoMember
from sandbox.registry_faults import FAULTS, Problem, broken

M = TypeVar("M", bound=BaseModel)

LARGEST_BODY = 16 * 1024
_REF = re.compile(r"[A-Za-z0-9_-]{1,128}")
_KEY = re.compile(r"[0-9a-f]{64}")
_COVERED = ('"@method"', '"@authority"', '"@path"', '"content-digest"')
_hasher = argon2.PasswordHasher()


class _Lookup(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    code: Annotated[str, StringConstraints(pattern="^[0-9]{10}(?:[0-9]{2})?$")]


class _NewPassword(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    password: Annotated[str, StringConstraints(min_length=8, max_length=1024)]


class Book:
    """The members and their passwords, in memory; thread-safe."""

    def __init__(self, members: Iterable[DemoMember] = MEMBERS) -> None:
        self._lock = threading.Lock()
        self._members = {uuid.uuid5(uuid.NAMESPACE_OID, f"member {m.code}").hex: m for m in members}
        self._hashes: dict[str, str] = {}
        self._keys: dict[str, tuple[str, bytes]] = {}
        self.changes: list[str] = []

    def lookup(self, code: str) -> dict[str, Any] | None:
        """Returns the member with a code, as it goes over the wire."""
        for ref, member in self._members.items():
            if code in (member.code, member.cccd):
                return self.read(ref)
        return None

    def read(self, ref: str) -> dict[str, Any] | None:
        """Returns the member with an id, as it goes over the wire."""
        member = self._members.get(ref)
        if member is None:
            return None
        contacts = {"phones": list(member.phones), "email": member.email}
        return {"ref": ref, "code": member.code, "citizen_id": member.cccd, **contacts}

    def change(self, code: str, **changes: Any) -> None:
        """Changes what is on record about a member."""
        with self._lock:
            for ref, member in self._members.items():
                if member.code == code:
                    self._members[ref] = dataclasses.replace(member, **changes)

    def set_password(self, ref: str, password: str, key: str) -> None:
        """Sets a password once per key.

        Raises:
            Problem: if there is no such member, the key came with something else, or the password is refused.
        """
        what = (ref, hashlib.sha256(password.encode()).digest())
        with self._lock:
            if ref not in self._members:
                raise Problem(404, "no-such-member")
            if key in self._keys:
                if self._keys[key] != what:
                    raise Problem(422, "key-reused")
                return
            if self._members[ref].code in password:
                raise Problem(422, "password-refused")
            self._keys[key] = what
            self._hashes[ref] = _hasher.hash(password)
            self.changes.append(ref)

    def password_matches(self, code: str, password: str) -> bool:
        """Tells whether a log-in to VssID with this password would succeed."""
        found = self.lookup(code)
        hashed = self._hashes.get(found["ref"]) if found else None
        try:
            return hashed is not None and _hasher.verify(hashed, password)
        except argon2.exceptions.VerifyMismatchError:
            return False


class Signatures:
    """Checks requests' signatures (RFC 9421): right, fresh, and each nonce once."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._verifier = HTTPMessageVerifier(
            signature_algorithm=algorithms.HMAC_SHA256,
            key_resolver=MappingKeyResolver(public_keys=keys, private_keys={}),
        )
        self._seen: deque[str] = deque(maxlen=100_000)

    def check(self, request: Request, body: bytes) -> None:
        """Lets a request pass.

        Raises:
            Problem: if its signature does not let it.
        """
        wanted = [*_COVERED, *(['"idempotency-key"'] if "idempotency-key" in request.headers else [])]
        url = f"{request.url.scheme}://{request.headers.get('host', '')}{request.scope['raw_path'].decode()}"
        message = _Message(request.method, url, dict(request.headers))
        try:
            good = self._verifier.verify(
                message, max_age=datetime.timedelta(seconds=60), require_components=wanted, body=body
            )
        except InvalidSignature as error:
            raise Problem(401, "not-authenticated") from error
        nonce = good[0].nonce
        if not nonce or nonce in self._seen:
            raise Problem(401, "not-authenticated")
        self._seen.append(nonce)


@dataclasses.dataclass
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class RegistryStandIn:
    """The interface in front of a book.

    Args:
        book: the members.
        keys: whose signatures are believed, by name; empty: signatures are not asked for.
    """

    def __init__(self, book: Book | None = None, keys: dict[str, bytes] | None = None) -> None:
        self.book = book or Book()
        self._signatures = Signatures(keys) if keys else None
        self.next_faults: deque[str] = deque()  # one for each of the next requests
        self.fault = ""  # for every request
        self.slow_seconds = 30.0
        self.requests = 0

    def app(self) -> Starlette:
        """Returns the application."""
        return Starlette(
            routes=[
                Route("/v1/member-lookups", self._find, methods=["POST"]),
                Route("/v1/members/{ref}", self._get, methods=["GET"]),
                Route("/v1/members/{ref}/password", self._set_password, methods=["PUT"]),
                # Not part of the interface: the VssID app, and what breaks.
                Route("/sandbox/log-in", self._log_in, methods=["POST"]),
                Route("/sandbox/fault", self._break, methods=["PUT"]),
            ],
            exception_handlers={Problem: lambda request, error: error.response()},  # type: ignore[attr-defined]
        )

    async def _body(self, request: Request) -> bytes:
        self.requests += 1
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY:
                raise Problem(413, "too-large")
        if self._signatures:
            self._signatures.check(request, body)
        return body

    async def _read(self, request: Request, model: type[M]) -> M:
        body = await self._body(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "not-json")
        try:
            return model.model_validate_json(body)
        except ValidationError as error:
            raise Problem(400, "bad-request") from error

    async def _find(self, request: Request) -> Response:
        code = (await self._read(request, _Lookup)).code
        found = self.book.lookup(code)
        return await self._answer({"members": [found] if found else []})

    async def _get(self, request: Request) -> Response:
        await self._body(request)
        found = self.book.read(_ref(request))
        if found is None:
            raise Problem(404, "no-such-member")
        return await self._answer(found)

    async def _set_password(self, request: Request) -> Response:
        wanted = await self._read(request, _NewPassword)
        key = request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise Problem(400, "bad-request")
        await asyncio.to_thread(self.book.set_password, _ref(request), wanted.password, key)
        return await self._answer(None)  # faults come after the effect: a repetition must find it done

    async def _answer(self, content: dict[str, Any] | None) -> Response:
        fault = self.next_faults.popleft() if self.next_faults else self.fault
        if fault == "slow":
            await asyncio.sleep(self.slow_seconds)
        if fault and fault != "slow":
            return broken(fault, content)
        return Response(status_code=204) if content is None else JSONResponse(content)

    async def _log_in(self, request: Request) -> Response:
        data = await request.json()
        good = await asyncio.to_thread(self.book.password_matches, str(data["code"]), str(data["password"]))
        return JSONResponse({"ok": good})

    async def _break(self, request: Request) -> Response:
        fault = str((await request.json()).get("fault", ""))
        if fault and fault not in FAULTS:
            return JSONResponse({"error": f"one of {', '.join(FAULTS)}, or nothing"}, 400)
        self.fault = fault
        return JSONResponse({"fault": fault})


def _ref(request: Request) -> str:
    ref = str(request.path_params["ref"])
    if not _REF.fullmatch(ref):
        raise Problem(404, "no-such-member")
    return ref


class RemoteLogIn:
    """Checks passwords at a stand-in served elsewhere, for the page /sandbox."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/sandbox/log-in"

    def password_matches(self, code: str, password: str) -> bool:
        """Tells whether a log-in to VssID with this password would succeed."""
        import requests

        answer = requests.post(self._url, json={"code": code, "password": password}, timeout=5)
        return bool(answer.ok and answer.json()["ok"])


def main() -> None:
    """Serves the stand-in until interrupted."""
    import argparse
    import base64

    import uvicorn

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8010)
    options.add_argument("--cert", help="server certificate (PEM); with --key, for https")
    options.add_argument("--key")
    options.add_argument("--client-ca", help="clients must show a certificate of this authority (PEM)")
    options.add_argument("--unsigned", action="store_true", help="do not ask for signatures")
    given = options.parse_args()
    key = secrets.token_bytes(32)
    scheme = "https" if given.cert else "http"
    print(f"REGISTRY_URL={scheme}://127.0.0.1:{given.port}")
    if not given.unsigned:
        print(f"REGISTRY_SIGNING_KEY=sandbox:{base64.b64encode(key).decode()}", flush=True)
    uvicorn.run(
        RegistryStandIn(keys=None if given.unsigned else {"sandbox": key}).app(),
        port=given.port,
        ssl_certfile=given.cert,
        ssl_keyfile=given.key,
        ssl_ca_certs=given.client_ca,
        ssl_cert_reqs=2 if given.client_ca else 0,
        access_log=False,
        log_level="warning",
        ws="none",
    )


if __name__ == "__main__":
    main()
