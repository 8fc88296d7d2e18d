"""The guards at the door, each on its own: signature, hand-shake, pages in the settings, pace, content."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.routing import Route

from assistant.settings import ROOT
from connectors.messenger import signature
from connectors.messenger.handshake import handshake
from connectors.messenger.pace import Pace
from connectors.messenger.settings import BadPages, MessengerApp, Page, read_pages
from connectors.messenger.words import BadContent, read_content
from sandbox.graph_delivery import escaped

# ---- the signature

BODY = escaped({"text": "Xin chào 100% <b> a@b/c 🙂"})
SECRET = "app-secret"


def test_the_body_is_signed_as_it_stands_on_the_wire() -> None:
    assert BODY == (b'{"text":"Xin ch\\u00e0o 100\\u0025 \\u003Cb> a\\u0040b\\/c \\ud83d\\ude42"}')
    assert json.loads(BODY) == {"text": "Xin chào 100% <b> a@b/c 🙂"}
    assert signature.valid(signature.sign(BODY, SECRET), BODY, ["old", SECRET])
    assert not signature.valid(signature.sign(BODY, SECRET), json.dumps(json.loads(BODY)).encode(), [SECRET])


def test_the_vector_made_with_openssl() -> None:
    # printf 'hello' | openssl dgst -sha256 -hmac app-secret
    vector = "sha256=ad5c6aa52b4bf4d1955ccd07b1393163fa5aa461e01cedabf58a512035063c49"
    assert signature.sign(b"hello", SECRET) == vector


@pytest.mark.parametrize(
    "header",
    ["", "sha256=", "sha256=" + "0" * 64, "sha256", "x" * 5000, "sha256=é",
     "sha1=" + "0" * 40, "md5=" + "0" * 32, signature.sign(BODY, SECRET)[7:], signature.sign(BODY, SECRET)[:-1],
     signature.sign(BODY, SECRET).upper(), signature.sign(BODY, "another"), signature.sign(BODY + b" ", SECRET)],
)  # fmt: skip
def test_everything_else_is_refused(header: str) -> None:
    assert not signature.valid(header, BODY, [SECRET])


def test_without_a_secret_nothing_is_valid() -> None:
    assert not signature.valid(signature.sign(BODY, ""), BODY, [])
    assert not signature.valid(signature.sign(BODY, ""), BODY, [""])


# ---- the hand-shake


def _asked(token: str, **asked: str) -> tuple[int, str]:
    async def work() -> httpx.Response:
        app = httpx.ASGITransport(Starlette(routes=[Route("/w", handshake(token))]))
        async with httpx.AsyncClient(transport=app, base_url="http://here") as client:
            return await client.get("/w", params={name.replace("_", ".", 1): value for name, value in asked.items()})

    answer = asyncio.run(work())
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.status_code, answer.text


GOOD = {"hub_mode": "subscribe", "hub_verify_token": "right", "hub_challenge": "1158201444"}


def test_the_challenge_comes_back_bare() -> None:
    assert _asked("right", **GOOD) == (200, "1158201444")
    assert _asked("right", **(GOOD | {"hub_challenge": "CHALLENGE_ACCEPTED"})) == (200, "CHALLENGE_ACCEPTED")


@pytest.mark.parametrize(
    "changed",
    [{"hub_mode": "unsubscribe"}, {"hub_mode": ""}, {"hub_verify_token": "wrong"}, {"hub_verify_token": ""},
     {"hub_verify_token": "right "}, {"hub_verify_token": "é"}, {"hub_challenge": ""},
     {"hub_challenge": "<script>alert(1)</script>"}, {"hub_challenge": "1" * 300}],
)  # fmt: skip
def test_any_other_is_forbidden(changed: dict[str, str]) -> None:
    status, text = _asked("right", **(GOOD | changed))
    assert (status, text) == (403, "forbidden")


@pytest.mark.parametrize("lacking", GOOD)
def test_a_missing_part_is_forbidden(lacking: str) -> None:
    assert _asked("right", **{name: value for name, value in GOOD.items() if name != lacking})[0] == 403


def test_without_a_token_of_ours_everybody_is_refused() -> None:
    assert _asked("", **(GOOD | {"hub_verify_token": ""}))[0] == 403


# ---- pages in the settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [("", ()), ("tok", (Page("", "tok"),)), ("12:tok", (Page("12", "tok"),)),
     (" 12:a , 34:b ,", (Page("12", "a"), Page("34", "b")))],
)  # fmt: skip
def test_pages_are_read(given: str, expected: tuple[Page, ...]) -> None:
    assert read_pages(given) == expected


@pytest.mark.parametrize("given", ["a,b", "12:a,12:b", "12:", "x y", "12:a,b", "khóa"])
def test_a_wrong_list_names_the_place_and_no_value(given: str) -> None:
    with pytest.raises(BadPages) as caught:
        read_pages(given)
    assert "khóa" not in str(caught.value)


def test_a_page_is_found_by_its_id() -> None:
    app = MessengerApp("1", ("s",), "v", (Page("12", "a"), Page("34", "b")))
    assert app.find("34") == Page("34", "b")
    assert app.find("5") is None
    assert app.find("") is None
    assert MessengerApp("1", ("s",), "v", ()).find("5") is None


# ---- pace


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _pace() -> tuple[Pace, _Clock]:
    clock = _Clock()
    return Pace(clock), clock


def _case(percent: float, minutes: float = 0) -> dict[str, str]:
    entry = {"type": "messenger", "call_count": percent, "estimated_time_to_regain_access": minutes}
    return {"x-business-use-case-usage": json.dumps({"1": [entry]})}


def test_below_eighty_percent_nobody_waits() -> None:
    pace, _ = _pace()
    pace.told("p", _case(79))
    assert [pace.wait("p") for _ in range(100)] == [0.0] * 100


def test_the_nearer_the_limit_the_slower() -> None:
    last = 0.0
    for percent in (80, 85, 90, 95, 99):
        pace, _ = _pace()
        pace.told("p", _case(percent))
        wait = [pace.wait("p") for _ in range(10)][-1]
        assert wait > last
        last = wait
    assert last == pytest.approx(9.0, abs=1.1)


def test_who_cannot_wait_takes_nobodys_place() -> None:
    pace, _ = _pace()
    pace.told("p", _case(99))
    for _ in range(100):
        pace.wait("p", 2)
    assert pace.wait("p", 2) < 3.1


def test_at_the_limit_it_rests_as_long_as_meta_says_and_a_minute_if_it_does_not() -> None:
    pace, clock = _pace()
    pace.told("p", _case(100, 5))
    assert pace.wait("p") == 300
    assert pace.wait("another page") == 0
    clock.now = 301
    assert pace.wait("p") == 0
    pace.told("p", {"x-app-usage": '{"call_count":100,"total_time":3,"total_cputime":3}'})
    assert pace.wait("p") == 60


def test_what_was_told_is_forgotten() -> None:
    pace, clock = _pace()
    pace.told("p", _case(99))
    clock.now = 301
    assert (pace.percent("p"), pace.wait("p")) == (0.0, 0.0)


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-app-usage": ""}, {"x-app-usage": "x"}, {"x-app-usage": "[]"}, {"x-app-usage": "5"},
     {"x-app-usage": '{"call_count":"x","total_time":null,"total_cputime":true}'},
     {"x-business-use-case-usage": '{"1":5,"2":[5,null],"3":[{}]}'}, {"x-business-use-case-usage": "[[]]"}],
)  # fmt: skip
def test_headers_of_another_shape_say_nothing(headers: dict[str, str]) -> None:
    pace, _ = _pace()
    pace.told("p", headers)
    assert pace.wait("p") == 0.0


# ---- the content file

CONTENT = ROOT / "data/channels/messenger.yml"


def test_the_content_is_within_metas_limits() -> None:
    content = read_content(CONTENT)
    menus = content.profile["persistent_menu"]
    assert [menu["locale"] for menu in menus] == ["default", "en_US", "en_GB"]
    assert all(len(menu["call_to_actions"]) <= 5 for menu in menus)
    assert content.profile["get_started"] == {"payload": "#greet"}
    assert {entry["locale"] for entry in content.profile["greeting"]} >= {"default", "vi_VN"}
    assert "#reset_password" in content.payloads


@pytest.mark.parametrize(
    ("change", "said"),
    [({"greeting": {"vi_VN": "x"}}, "default"), ({"greeting": {"default": "x" * 161}}, "161"),
     ({"persistent_menu": [{"title": "x" * 31, "payload": "#a"}]}, "persistent_menu.0.title"),
     ({"persistent_menu": [{"title": "x"}]}, "payload hoặc url"),
     ({"persistent_menu": [{"title": "x", "payload": "#a", "url": "https://a"}]}, "payload hoặc url"),
     ({"persistent_menu": [{"title": "x", "url": "http://a"}]}, "url"),
     ({"ice_breakers": [{"question": "x", "payload": "#a"}] * 5}, "ice_breakers"),
     ({"get_started": "greet"}, "get_started"), ({"link_button": "x" * 21}, "link_button"), ({"more": 1}, "more")],
)  # fmt: skip
def test_a_wrong_content_is_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = tmp_path / "messenger.yml"
    path.write_text(yaml.safe_dump(yaml.safe_load(CONTENT.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(BadContent, match=said):
        read_content(path)


@pytest.mark.parametrize("text", ["a: [", "5", ""])
def test_a_broken_content_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "messenger.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadContent):
        read_content(path)
    with pytest.raises(BadContent):
        read_content(tmp_path / "none.yml")
