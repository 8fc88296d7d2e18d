"""People who work at the console: how they join, and what they do over HTTP."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from unittest import mock

import httpx
import psycopg
import pyotp

from assistant import audit
from assistant.privacy import keyring
from assistant.staff import accounts, devices, passwords, second_factor, sessions
from assistant.staff.doer import NOBODY, Doer
from tests.kit.nodes import Served
from tests.kit.people import client, csrf_of

PASSWORD = "ba con mèo nằm sưởi nắng"
SIGN_IN = "/console/sign-in"
TERMINAL = Doer(audit.Staff("test"), "command:console")
#: The same hash for everybody who is seated: they have the same password, and it is made to take long.
_hashed_once = cache(passwords.hash_of)


@dataclass
class Colleague:
    """Somebody with an account, and a client with their cookies."""

    name: str
    http: httpx.Client
    secret: str = ""
    recovery: list[str] = field(default_factory=list)
    password: str = PASSWORD
    enrolled_with: str = ""

    @property
    def cookie(self) -> str:
        """The session's cookie, as a browser would keep it."""
        return self.http.cookies["console"]

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Opens a page."""
        return self.http.get(path, **options)

    def csrf(self, path: str = "/console/me") -> str:
        """Returns the CSRF mark of this session."""
        return csrf_of(self.get(path).text)

    def post(self, path: str, csrf: str | None = None, files: Any = None, **fields: Any) -> httpx.Response:
        """Does an act with the mark of this session."""
        mark = self.csrf() if csrf is None else csrf
        return self.http.post(path, data={"csrf": mark} | fields, files=files)

    def code(self, ahead: int = 1) -> str:
        """Returns the code of a step ahead: the present one was used when joining."""
        return code_of(self.secret, ahead)


def code_of(secret: str, ahead: int = 0) -> str:
    """Returns the authenticator's code, or that of a coming step."""
    import time

    return pyotp.TOTP(secret).at(time.time() + 30 * ahead)


def invite(node: Served, roles: Sequence[str], name: str = "", shown: str = "") -> tuple[str, str]:
    """Invites somebody as the terminal does; returns the name and the path of the link."""
    name = name or f"nv.{secrets.token_hex(4)}"
    keyring.open_vault_at(node.database_url, keys_of(node))
    with psycopg.connect(node.database_url) as connection:
        token = accounts.invite(connection, name, roles, shown=shown, by=TERMINAL)
    return name, f"/console/invitation/{token}"


def keys_of(node: Served) -> list[bytes]:
    """Returns the vault's keys of a demo node."""
    kept = json.loads((node.var_dir / "secrets.json").read_text())
    return [base64.b64decode(kept["vault_key"])]


def form_of(http: httpx.Client, path: str) -> str:
    """Returns the CSRF mark of the form at a path."""
    return csrf_of(http.get(path).raise_for_status().text)


def secret_on(page: str) -> str:
    """Returns the secret that an enrolment page shows."""
    found = re.search(r'id="secret">([A-Z2-7]+)<', page)
    assert found, page
    return found[1]


def join(
    node: Served, roles: Sequence[str], name: str = "", shown: str = "", http: httpx.Client | None = None
) -> Colleague:
    """Goes the whole way: invitation, password, phone; returns somebody who is signed in."""
    name, link = invite(node, roles, name, shown)
    http = http or client(node.url)
    mark = form_of(http, link)
    fields = {"csrf": mark, "shown": shown or f"Nhân viên {name}", "password": PASSWORD, "password_again": PASSWORD}
    answer = http.post(link, data=fields)
    assert answer.status_code == 303, answer.text
    page = http.get(answer.headers["location"]).text
    secret = secret_on(page)
    code = code_of(secret)
    done = http.post(f"{SIGN_IN}/enrol", data={"csrf": csrf_of(page), "code": code})
    assert done.status_code == 200, done.text
    recovery = re.findall(r"<li><code>([^<]+)</code>", html.unescape(done.text))
    return Colleague(name, http, secret, recovery, enrolled_with=code)


def seat(node: Served, roles: Sequence[str], name: str = "", shown: str = "") -> Colleague:
    """Leaves what `join` leaves, in the database and with the client, without its pages and their half second."""
    name, link = invite(node, roles, name, shown)
    http, secret, doer = client(node.url), second_factor.new_secret(), _at_the_door(name)
    code, vault = code_of(secret), keyring.open_vault_at(node.database_url, keys_of(node))
    step = second_factor.step_of(secret, code)
    assert step is not None
    with psycopg.connect(node.database_url) as connection, mock.patch.object(passwords, "hash_of", _hashed_once):
        token, joining = link.rpartition("/")[2], replace(doer, actor=NOBODY)
        accounts.accept(connection, token, shown or f"Nhân viên {name}", PASSWORD, frozenset(), by=joining)
        second_factor.keep_secret(connection, vault, name, secret, step)
        recovery = second_factor.new_recovery_codes(connection, name)
        cookie = sessions.start(connection, name, "full", doer.address, str(http.headers["user-agent"]))
        device = devices.remember(connection, "", name)
        doer.record(connection, audit.Event.STAFF_SECOND_FACTOR_ENROLLED)
        doer.record(connection, audit.Event.STAFF_SIGNED_IN, by="enrolment")
    for called, value in (("console", cookie), ("console-device", device)):
        http.cookies.set(called, value, domain=http.base_url.host)
    return Colleague(name, http, secret, recovery, enrolled_with=code)


def _at_the_door(name: str) -> Doer:
    return Doer(audit.Staff(name), "console:sign-in", "127.0.0.1")


def give_password(http: httpx.Client, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    """Does the first step of signing in."""
    fields = {"csrf": form_of(http, SIGN_IN), "name": name, "password": password}
    return http.post(SIGN_IN, data=fields, headers=headers)


def give_code(http: httpx.Client, code: str) -> httpx.Response:
    """Does the second step."""
    return http.post(f"{SIGN_IN}/code", data={"csrf": form_of(http, f"{SIGN_IN}/code"), "code": code})
