"""From a call to a new password, through a served node and the telephone of /sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.phone import digits
from tests.conftest import Served, serve
from tests.kit import postgres
from tests.kit.people import CODE, GOOD_PASSWORD, PHONE, Store, csrf_of
from tests.kit.waiting import CLIENT, until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def node(server_url: str, model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = serve(postgres.create(server_url), model_path, tmp_path_factory.mktemp("phone"), PHONE_LINE="sandbox")
    served.start()
    yield served
    served.stop()


class Telephone:
    """A telephone at /sandbox."""

    def __init__(self, node: Served, number: str = PHONE) -> None:
        self.http = httpx.Client(base_url=node.url, timeout=CLIENT)
        self.number = number
        self.call: dict[str, Any] = {}

    def do(self, act: str, value: str = "") -> Telephone:
        body = {"act": act, "value": value, "sid": self.call.get("sid", "")}
        answer = self.http.post("/sandbox/api/phone/call", json=body)
        assert answer.status_code == 200, answer.text
        self.call = answer.json()["call"]
        return self

    def press(self, keys: str) -> Telephone:
        for key in keys:
            self.do("press", key)
        return self

    def rings(self) -> str:
        return str(self.http.get("/sandbox/api/phone/call", params={"number": self.number}).json()["rings"])

    @property
    def words(self) -> str:
        return " ".join(part["text"] for part in self.call["heard"])


@pytest.fixture
def telephone(node: Served) -> Iterator[Telephone]:
    opened = Telephone(node)
    yield opened
    opened.http.close()


def code_in(words: str) -> str:
    """Returns the digits that a voice told."""
    told = words.partition("Mã là:")[2].partition("Xin nhắc lại")[0].lower()
    return "".join(str(digits.NAMES.index(word)) for word in re.findall(r"\w+", told))


def test_from_a_call_to_a_new_password(node: Served, telephone: Telephone) -> None:
    telephone.do("call", PHONE).press(f"8{CODE}#1")
    assert "gọi lại vào chính số này" in telephone.words
    sid = until(telephone.rings)
    telephone.call = {"sid": sid}
    telephone.do("take").press("1")
    code = code_in(telephone.words)
    assert len(code) == 6

    page = telephone.http.get("/ma")
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "same-origin"
    csrf = csrf_of(page.text)
    wrong = telephone.http.post("/ma", data={"csrf": csrf, "number": CODE, "code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, "Mã không đúng" in wrong.text) == (400, True)
    shape = telephone.http.post("/ma", data={"csrf": csrf, "number": "123", "code": code})
    assert (shape.status_code, "10 số" in shape.text) == (400, True)
    assert telephone.http.post("/ma", data={"number": CODE, "code": code}).status_code == 400
    english = telephone.http.post("/ma?lang=en", data={"csrf": csrf, "number": "123", "code": code})
    assert "the code from the call 6 digits" in english.text
    assert "Enter the code from the" in telephone.http.get("/ma?lang=en").text
    telephone.http.cookies.delete("language")
    right = telephone.http.post("/ma", data={"csrf": csrf, "number": CODE, "code": f"{code[:3]} {code[3:]}"})
    assert right.status_code == 303
    form = telephone.http.get(right.headers["location"])
    passwords = {"csrf": csrf_of(form.text), "password": GOOD_PASSWORD, "password_again": GOOD_PASSWORD}
    assert telephone.http.post(right.headers["location"], data=passwords).status_code == 200
    log_in = telephone.http.post("/sandbox/api/login", json={"code": CODE, "password": GOOD_PASSWORD}).json()
    assert log_in["ok"] is True
    assert telephone.http.post("/ma", data={"csrf": csrf, "number": CODE, "code": code}).status_code == 400

    store = Store(node.database_url)
    assert store.value("SELECT count(*) FROM turns WHERE conversation LIKE 'phone:%%'") >= 6
    assert until(lambda: [mail for mail in node.mails() if "mật khẩu" in mail["subject"].lower()])
    for secret in (CODE, PHONE[1:], digits.said(code)):
        assert secret not in node.log.read_text()


def test_a_node_killed_in_the_middle_of_a_call_goes_on_where_it_stood(node: Served, telephone: Telephone) -> None:
    telephone.do("call", "0912000045").press("8")
    call = telephone.call
    hook = next(verb["actionHook"] for verb in call["answer"] if verb["verb"] == "gather").partition("#")[0]
    node.kill()
    node.start()
    from sandbox.phone import JambonzStandIn

    secrets = (node.var_dir / "secrets.json").read_text()
    secret = re.search(r'"phone_secret": "([^"]+)"', secrets)
    assert secret
    body = (
        f'{{"call_sid":"{call["sid"]}","reason":"dtmfDetected","digits":"0116000045","from":"+84912000045"}}'.encode()
    )
    signed = JambonzStandIn(node.url, secret[1], "").signed(body)
    first, again = (telephone.http.post(hook, content=body, headers=signed).json() for _ in range(2))
    assert first == again
    assert "Mã số là: Không, một, một." in str(first)
