"""The registry over HTTP: the client of docs/registry-api.yaml."""

from __future__ import annotations

import datetime
import json
import logging
import random
import re
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity
import urllib3
from requests.adapters import HTTPAdapter
from requests_http_signature import HTTPSignatureAuth, algorithms

from assistant.accounts.model import Member, RegistryUnavailable, WeakPassword
from assistant.accounts.registry import answers
from assistant.accounts.registry.answers import Nonsense
from assistant.accounts.registry.guarded import SECONDS
from assistant.runtime import socket_deadline

logger = logging.getLogger(__name__)
LARGEST_ANSWER = 64 * 1024
_CONNECT_SECONDS = 1.0
_TRIES = 3
_AGAIN = frozenset({409, 429, 500, 502, 503, 504})
_CODE = re.compile(r"[0-9]{10}(?:[0-9]{2})?")
_REF = re.compile(r"[A-Za-z0-9_-]{1,128}")
_COVERED = ("@method", "@authority", "@path", "content-digest", "date")


class _TryAgain(RegistryUnavailable):
    """No answer this time; `wait` is how many seconds the registry asked for."""

    def __init__(self, reason: str, wait: float = 0) -> None:
        super().__init__(reason)
        self.wait = wait


class Signature(HTTPSignatureAuth):
    """Signs requests by RFC 9421 with a key shared with the registry; `name` tells it which."""

    def __init__(self, name: str, key: bytes) -> None:
        super().__init__(
            signature_algorithm=algorithms.HMAC_SHA256,
            key=key,
            key_id=name,
            covered_component_ids=_COVERED,
            use_nonce=True,
            expires_in=datetime.timedelta(seconds=60),
        )

    def get_covered_component_ids(self, request: requests.PreparedRequest) -> list[str]:
        """Returns what is signed: the key of the act, too, where there is one."""
        return [*_COVERED, *(["idempotency-key"] if "Idempotency-Key" in request.headers else [])]


class _Answer(HTTPResponse):
    """An answer read no longer than the deadline allows, header and body."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = socket_deadline.reader(sock)


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _Answer


class _TlsConnection(urllib3.connection.HTTPSConnection):
    response_class = _Answer


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class HttpRegistry:
    """Implements `ports.Registry`; thread-safe. No call takes much longer than `seconds`.

    Args:
        url: where the interface is, e.g. https://registry.example/vssid.
        ca_file: the only authorities whose certificates are believed (PEM); empty: those of certifi.
        client_cert, client_key: files (PEM) that prove who we are.
        signature: signs each request.
        seconds: for a call with all its tries.
    """

    def __init__(
        self,
        url: str,
        *,
        ca_file: str = "",
        client_cert: str = "",
        client_key: str = "",
        signature: Signature | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._base = url.rstrip("/")
        self._seconds = seconds
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy or .netrc that somebody left in the environment
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"Accept": "application/json", "Accept-Encoding": "identity"})
        self._session.verify = ca_file or True
        self._session.cert = (client_cert, client_key) if client_cert else None
        self._session.auth = signature
        adapter = _Adapter(pool_maxsize=16, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Closes the connections kept open."""
        self._session.close()

    def find(self, code: str) -> Member | None:
        """Returns the member with this BHXH code or citizen id."""
        if not _CODE.fullmatch(code):
            return None
        status, body = self._ask("POST", "/v1/member-lookups", {"code": code})
        if status != 200:
            raise self._unexpected(status, body)
        return answers.found(body, code)

    def get(self, ref: str) -> Member | None:
        """Returns the member with this id."""
        if not _REF.fullmatch(ref):
            return None
        status, body = self._ask("GET", f"/v1/members/{ref}")
        if status == 404 and answers.problem(body) == "no-such-member":
            return None
        if status != 200:
            raise self._unexpected(status, body)
        return answers.member(body, ref)

    def set_password(self, ref: str, password: str, idempotency_key: str) -> None:
        """Sets the password once per key.

        Raises:
            RegistryUnavailable: if the answer did not come in time, or no such member is known (any more).
            WeakPassword: if the registry's own rules refuse it ("refused").
        """
        if not _REF.fullmatch(ref):
            raise Nonsense("no such member")
        path, headers = f"/v1/members/{ref}/password", {"Idempotency-Key": idempotency_key}
        status, body = self._ask("PUT", path, {"password": password}, headers)
        if status == 422 and answers.problem(body) == "password-refused":
            raise WeakPassword("refused")
        if status != 204:
            raise self._unexpected(status, body)

    def _unexpected(self, status: int, body: bytes) -> RegistryUnavailable:
        reason = f"answered {status} {answers.problem(body)}".rstrip()
        logger.error("registry: %s", reason)
        return Nonsense(reason)

    def _ask(
        self, method: str, path: str, content: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Asks until there is an answer, the tries are used up or the time is; every request may be repeated."""
        data = None if content is None else json.dumps(content, ensure_ascii=False).encode()
        sent = {**({"Content-Type": "application/json"} if data is not None else {}), **(headers or {})}
        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain), wait=_pause, stop=_enough, reraise=True
        )
        try:
            with socket_deadline.within(self._seconds):
                return tries(self._once, method, path, data, sent)
        except socket_deadline.Expired as error:
            raise RegistryUnavailable("no answer in time") from error

    def _once(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        left = socket_deadline.left() or self._seconds
        try:
            with self._session.request(
                method,
                f"{self._base}{path}",
                data=data,
                headers=headers,
                timeout=(min(_CONNECT_SECONDS, left), left),
                allow_redirects=False,  # what is asked about people goes to the one address in the settings
                stream=True,
            ) as response:
                body = _body(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            logger.warning("registry: %s", type(error).__name__)
            raise _TryAgain(type(error).__name__) from error
        if response.status_code in _AGAIN:
            logger.warning("registry: answered %s", response.status_code)
            raise _TryAgain(f"answered {response.status_code}", _wanted_wait(response))
        return response.status_code, body


def _body(response: requests.Response) -> bytes:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise Nonsense("encoded, though we asked for plain")
    body: bytes = response.raw.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise Nonsense("too large")
    return body


def _wanted_wait(response: requests.Response) -> float:
    wanted = response.headers.get("Retry-After", "")
    return float(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 0


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wanted = error.wait if isinstance(error, _TryAgain) else 0
    return max(wanted, random.uniform(0.5, 1) * 0.05 * 4.0 ** (state.attempt_number - 1))  # noqa: S311 - jitter


def _enough(state: tenacity.RetryCallState) -> bool:
    try:
        left = socket_deadline.left()
    except socket_deadline.Expired:
        return True
    return state.attempt_number >= _TRIES or (left is not None and state.upcoming_sleep >= left)


def is_http(url: str) -> bool:
    """Tells whether a registry's URL is one for `HttpRegistry`."""
    return urlsplit(url).scheme in ("http", "https")
