"""The Zalo door on the wire: signed events of the contract, and whatever else may come."""

from __future__ import annotations

import copy
import json
import secrets
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from connectors.zalo import signature
from tests.conftest import Served
from tests.kit.people import (
    APP_ID,
    CODE,
    EMAIL,
    GOOD_PASSWORD,
    LINK,
    MASKED,
    OA_ID,
    PHONE,
    Store,
    ZaloUser,
    client,
    csrf_of,
)
from tests.kit.waiting import until

# The vector of the contract's fact sheet, section 2.
VECTOR = (
    '{"app_id":"1000000000000000001","sender":{"id":"2000000000000000002"},"user_id_by_app":"3000000000000000003",'
    '"recipient":{"id":"4000000000000000004"},"event_name":"user_send_text","message":{"text":"Xin chào",'
    '"msg_id":"a1b2c3d4e5f60718293a"},"timestamp":"1767225600000"}'
).encode()
VECTOR_MAC = "6ae80158b56216054a85abba4a9953b97ea164ba6325487950437b8632b4d9b9"


@pytest.fixture
def user(node: Served) -> ZaloUser:
    """A user the stand-in knows."""
    return ZaloUser(node).follows_the_stand_in()


@pytest.fixture
def stranger(node: Served) -> ZaloUser:
    """A user the stand-in does not know; answers are looked up in the outbox."""
    return ZaloUser(node)


def _untouched(node: Served, person: ZaloUser) -> bool:
    query = "SELECT count(*) FROM conversations WHERE id = %s"
    return Store(node.database_url).value(query, person.conversation) == 0


# ---- the signature


def test_the_vector_of_the_contract() -> None:
    assert len(VECTOR) == 271
    assert signature.mac("1000000000000000001", VECTOR, "1767225600000", "test-oa-secret") == VECTOR_MAC
    for header in (f"mac={VECTOR_MAC}", VECTOR_MAC, f"mac={VECTOR_MAC.upper()}"):
        assert signature.valid(header, APP_ID, VECTOR, "1767225600000", ["old", "test-oa-secret"])
    for header in ("", "mac=", f"mac={VECTOR_MAC[:-1]}", f"mac={'0' * 64}", f"sha256={VECTOR_MAC}", "mac=é"):
        assert not signature.valid(header, APP_ID, VECTOR, "1767225600000", ["test-oa-secret"])
    assert not signature.valid(f"mac={VECTOR_MAC}", APP_ID, VECTOR, "1767225600000", [])
    assert not signature.valid(f"mac={VECTOR_MAC}", APP_ID, VECTOR, "1767225600001", ["test-oa-secret"])


def test_unsigned_and_wrongly_signed_events_are_refused_and_not_kept(node: Served, stranger: ZaloUser) -> None:
    event = stranger.text_event("em quên mật khẩu vssid")
    body = json.dumps(event, ensure_ascii=False).encode()
    good = stranger.signed(body, event["timestamp"])
    mac = good["x-zevent-signature"]
    wrong: list[dict[str, str]] = [
        {}, {"x-zevent-signature": ""}, {"x-zevent-signature": "mac="}, {"x-zevent-signature": mac[:-1]},
        {"x-zevent-signature": "mac=" + "0" * 64}, {"x-zevent-signature": "x" * 5000},
        {"x-hub-signature-256": mac}, stranger.signed(body, event["timestamp"], "the other app's secret"),
        stranger.signed(body, "1767225600000"), stranger.signed(body + b" ", event["timestamp"]),
    ]  # fmt: skip
    for headers in wrong:
        answer = stranger.post_raw(body, headers)
        assert answer.status_code == 401, headers
        assert "secret" not in answer.text
    assert stranger.post_raw(body.replace(b"user_send_text", b"user_send_link"), good).status_code == 401
    assert _untouched(node, stranger)
    assert stranger.post_raw(body, good).status_code == 200
    assert not _untouched(node, stranger)


def test_the_signature_is_over_the_bytes_not_over_their_meaning(node: Served, stranger: ZaloUser) -> None:
    event = stranger.text_event("em quên mật khẩu vssid")
    assert stranger.post(event, ensure_ascii=True, indent=2, separators=(" , ", " : ")).status_code == 200
    stranger_store = Store(node.database_url)
    until(lambda: stranger_store.replies(stranger.conversation))
    assert "mã số BHXH" in stranger_store.replies(stranger.conversation)[0]["text"]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"x", b"{", b"[]", b"null", b"1", b'"text"', b"{}", b'{"event_name": null}', b'{"event_name": []}',
     b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 50_000, b'{"event_name": "user_send_text", "a": ' + b"[" * 5000,
     b'[{"event_name":"user_send_text"}]',
     b"event_name=user_send_text", b"\xef\xbb\xbf{}", b'{"event_name":"x","timestamp":NaN}'],
)  # fmt: skip
def test_bodies_that_are_no_event_are_refused(stranger: ZaloUser, body: bytes) -> None:
    for headers in ({}, stranger.signed(body, "")):
        answer = stranger.post_raw(body, headers)
        assert 400 <= answer.status_code < 500
        assert len(answer.text) < 200


def test_a_body_of_300_kilobytes_is_refused(stranger: ZaloUser) -> None:
    event = stranger.text_event("a" * 300_000)
    assert stranger.post(event).status_code == 413
    body = json.dumps(event).encode()

    def pieces() -> Iterator[bytes]:
        yield from (body[start : start + 10_000] for start in range(0, len(body), 10_000))

    headers = stranger.signed(body, event["timestamp"])
    assert client(stranger.node.url).post("/webhooks/zalo", content=pieces(), headers=headers).status_code == 413


def test_other_methods_are_refused(node: Served) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert client(node.url).request(method, "/webhooks/zalo").status_code == 405


# ---- the whole way


def test_from_the_signed_webhook_to_the_mail_and_back(node: Served, user: ZaloUser, store: Store) -> None:
    store.forget_resets()
    mails = len(node.mails())
    assert "mã số BHXH" in user.ask("em quen mat khau vssid")
    assert "số điện thoại hoặc e-mail" in user.ask(CODE)
    assert MASKED in user.ask(PHONE)
    mail = until(lambda: (found := node.mails()) and len(found) > mails and found[0])
    assert mail["to"] == EMAIL
    link = LINK.findall(mail["text"])[0]
    browser = client(node.url)
    token = csrf_of(browser.get(link).text)
    fields = {"csrf": token, "password": GOOD_PASSWORD, "password_again": GOOD_PASSWORD}
    assert browser.post(link, data=fields).status_code == 200
    until(lambda: "đặt lại thành công" in user.shown("oa")[-1]["text"])
    said = json.dumps(user.shown("oa"), ensure_ascii=False)
    assert not any(secret in said for secret in (CODE, PHONE, EMAIL, GOOD_PASSWORD, link.rpartition("/")[2], "⟦"))
    kept = str(store.rows("SELECT body FROM inbox WHERE conversation = %s", user.conversation))
    assert CODE not in kept
    assert PHONE not in kept


def test_the_whole_way_in_the_window_of_the_stand_in(node: Served, user: ZaloUser, store: Store) -> None:
    store.forget_resets()
    for text, answer in (("Tôi quên mật khẩu VssID", "mã số BHXH"), (CODE, "số điện thoại"), (PHONE, MASKED)):
        user.types(text)
        until(lambda answer=answer: answer in user.shown("oa")[-1]["text"])  # type: ignore[misc]
    assert [message["from"] for message in user.shown()][-2:] == ["user", "oa"]


def test_buttons_are_cards_and_a_press_is_their_payload(user: ZaloUser) -> None:
    buttons = user.shown("oa")[-1]["buttons"]
    assert {"title": "Lấy lại mật khẩu", "payload": "#reset_password"} in buttons
    assert "mã số BHXH" in user.ask("#reset_password")
    assert "dừng" in user.ask("#cancel")


@pytest.mark.parametrize("typed", ["1", " 1 ", "lay lai mat khau", "Lấy lại mật khẩu"])
def test_a_menu_entry_can_be_typed(user: ZaloUser, typed: str) -> None:
    assert "mã số BHXH" in user.ask(typed)


def test_decomposed_text_reads_like_composed(user: ZaloUser) -> None:
    assert "mã số BHXH" in user.ask(unicodedata.normalize("NFD", "Tôi quên mật khẩu VssID"))


@pytest.mark.parametrize("text", ["", " ", "😀", "{}", "/restart", "\x00", "a\x00b", "#reset_done", "⟦phone:aaaa⟧"])
def test_odd_texts_are_answered(user: ZaloUser, text: str) -> None:
    answer = user.ask(text)
    assert answer.strip()
    assert "trục trặc" not in answer
    assert "đặt lại thành công" not in answer


def test_a_long_text_gets_kind_words(user: ZaloUser) -> None:
    assert "dài quá" in user.ask("quên mật khẩu " * 7000)


def test_a_follower_is_greeted(user: ZaloUser) -> None:
    follow = {
        "oa_id": OA_ID, "follower": {"id": user.user}, "user_id_by_app": "3", "event_name": "follow",
        "source": "oa_profile", "app_id": APP_ID, "timestamp": "1767225600000",
    }  # fmt: skip
    assert "Trợ lý VssID" in user.ask_event(follow) or "trợ lý tự động" in user.shown("oa")[-1]["text"]
    assert user.ask_event(follow) == ""  # the platform's retry repeats it byte for byte


@pytest.mark.parametrize(
    ("name", "attachment"),
    [("user_send_image", {"type": "image", "payload": {"thumbnail": "http://x", "url": "http://x"}}),
     ("user_send_sticker", {"type": "sticker", "payload": {"id": "1", "url": "http://x"}}),
     ("user_send_location", {"type": "location", "payload": {"coordinates": {"latitude": "1", "longitude": "2"}}}),
     ("user_send_audio", {"type": "audio", "payload": {"url": "http://x/a.amr"}}),
     ("user_send_file", {"type": "file", "payload": {"size": "1", "name": "a.pdf", "url": "http://x"}}),
     ("user_send_gif", {"type": "gif", "payload": {"url": "http://x"}}),
     ("user_send_business_card", {"type": "link", "payload": {"description": '{"phone":"0901000123"}'}})],
)  # fmt: skip
def test_what_is_no_text_gets_kind_words(user: ZaloUser, store: Store, name: str, attachment: dict[str, Any]) -> None:
    message = {"msg_id": secrets.token_hex(10), "attachments": [attachment]}
    assert "chỉ đọc được chữ" in user.ask_event(user.event(name, message))
    kept = str(store.rows("SELECT body FROM inbox WHERE conversation = %s", user.conversation))
    assert "http" not in kept
    assert PHONE not in kept


def test_words_below_a_picture_are_read(user: ZaloUser) -> None:
    message = {"msg_id": secrets.token_hex(10), "text": "em quên mật khẩu", "attachments": [{"type": "image"}]}
    assert "mã số BHXH" in user.ask_event(user.event("user_send_image", message))


@pytest.mark.parametrize(
    "name",
    ["oa_send_text", "oa_send_image", "user_received_message", "user_seen_message", "user_reacted_message", "unfollow",
     "add_user_to_tag", "user_submit_info", "user_send_group_text", "oa_send_group_text", "user_click_chatnow",
     "user_withdraw", "extension_purchased", "no_such_event", ""],
)  # fmt: skip
def test_echoes_receipts_and_the_unknown_are_taken_in_silence(user: ZaloUser, name: str) -> None:
    message = {"msg_id": secrets.token_hex(10), "msg_ids": ["a"], "text": "em quên mật khẩu"}
    from_oa = {"sender": {"id": OA_ID, "admin_id": "1"}, "recipient": {"id": user.user}}
    assert user.ask_event(user.event(name, message, **(from_oa if name.startswith("oa_") else {}))) == ""
    if name.startswith("oa_"):
        assert _untouched(user.node, ZaloUser(user.node, OA_ID))


# ---- doubles, order, people


def test_a_repeated_event_is_answered_once(user: ZaloUser, store: Store) -> None:
    event = user.text_event("em quên mật khẩu vssid")
    shown = len(user.shown("oa"))
    with ThreadPoolExecutor(3) as many:
        assert list(many.map(lambda _: user.post(event).status_code, range(3))) == [200] * 3
    user.settled()
    assert len(user.shown("oa")) == shown + 1
    assert user.post(event | {"num_retry": "1"}).status_code == 200  # the same message with other bytes
    user.settled()
    assert len(user.shown("oa")) == shown + 1
    assert store.value("SELECT count(*) FROM turns WHERE conversation = %s", user.conversation) == 2


def test_many_messages_of_one_user_are_answered_in_order(user: ZaloUser, store: Store) -> None:
    store.forget_resets()
    shown = len(user.shown("oa"))
    for text in ("em quên mật khẩu vssid", CODE, PHONE):
        assert user.post(user.text_event(text)).status_code == 200
    user.settled()
    answers = [message["text"] for message in user.shown("oa")[shown:]]
    assert len(answers) == 3
    assert all(part in answer for part, answer in zip(("mã số BHXH", "số điện thoại", MASKED), answers, strict=True))


def test_two_people_at_once_stay_apart(node: Served, store: Store) -> None:
    store.forget_resets()
    people = [ZaloUser(node).follows_the_stand_in() for _ in range(2)]
    talks = [["quên mật khẩu", CODE, PHONE], ["quên mật khẩu", "4800000777", "0935000777"]]

    def talk(number: int) -> str:
        return [people[number].ask(text) for text in talks[number]][-1]

    with ThreadPoolExecutor(2) as both:
        first, second = both.map(talk, range(2))
    assert MASKED in first
    assert "phím 8" in second
    assert MASKED not in json.dumps(people[1].shown(), ensure_ascii=False)


# ---- anything at any place

_ODD: tuple[Any, ...] = (None, 0, -1, 10**18, 1.5e300, True, "", "\x00", "x" * 5000, "²", [], [[None]], {}, {"id": {}})


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _places(child, (*path, key))


def _with(event: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def _without(event: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return changed


def _shapes(person: ZaloUser) -> list[dict[str, Any]]:
    image = [{"type": "image", "payload": {"thumbnail": "http://x", "url": "http://x"}}]
    return [
        person.text_event("chào bạn"),
        person.event("user_send_image", {"msg_id": "m1", "text": "", "attachments": image}),
        {"app_id": APP_ID, "oa_id": OA_ID, "follower": {"id": person.user}, "event_name": "follow", "timestamp": "1"},
        person.event("user_seen_message", {"msg_ids": ["a"]}, sender={"id": OA_ID}),
        person.event("oa_send_text", {"text": "x", "msg_id": "m2"}, sender={"id": OA_ID, "admin_id": "1"}),
        person.event("user_submit_info", None, info={"name": "An", "phone": 84901000123}),
    ]


def test_no_value_at_any_place_breaks_the_door(node: Served, user: ZaloUser, store: Store) -> None:
    stranger = ZaloUser(node)
    for shape in _shapes(stranger):
        for path in list(_places(shape))[1:]:
            for event in [_without(shape, path), *(_with(shape, path, value) for value in _ODD)]:
                answer = stranger.post(event)
                assert answer.status_code < 500, (path, event)
                assert answer.status_code in (200, 400, 401), (path, event)
    assert "mã số BHXH" in user.ask("em quên mật khẩu vssid")
    until(lambda: store.value("SELECT count(*) FROM inbox WHERE done_at IS NULL") == 0)
    assert store.value("SELECT count(*) FROM inbox WHERE failures > 0") == 0


@pytest.mark.parametrize("timestamp", ["", "x", "9" * 5000, "-9" + "9" * 20, "0", "1e3", "²", "1767225600000.5"])
def test_odd_times_are_no_reason_to_refuse(user: ZaloUser, timestamp: str) -> None:
    assert "mã số BHXH" in user.ask_event(user.text_event("em quên mật khẩu vssid") | {"timestamp": timestamp})


def test_the_window_of_the_stand_in_takes_no_nonsense(node: Served) -> None:
    sandbox = client(node.url)
    for body in (b"", b"{", b"[]", b"null", b'{"user": 5}', b'{"user": "x", "text": "a"}', b'{"user": "\xc2\xb2"}'):
        assert sandbox.post("/sandbox/api/zalo/messages", content=body).status_code == 400, body
        assert sandbox.post("/sandbox/api/login", content=body).status_code in (200, 400), body
    assert sandbox.get("/sandbox/api/zalo/messages", params={"after": "²"}).status_code == 200


def test_the_log_knows_nobody(node: Served) -> None:
    log = node.log.read_text()
    assert not any(secret in log for secret in (CODE, PHONE, EMAIL, GOOD_PASSWORD, "quên mật khẩu", "quen mat khau"))
    assert httpx.get(f"{node.url}/readyz").status_code == 200
