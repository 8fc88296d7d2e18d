"""Every recorded delivery: what it means to us, and what it does not."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from connectors.messenger import envelope, events
from connectors.messenger.address import Address
from connectors.messenger.events import conversation_of, event_of
from connectors.messenger.routing import control_of
from connectors.messenger.settings import MessengerApp, Page
from connectors.messenger.words import our_content
from tests.connectors.messenger.meta import FIXTURES, fixture

APP = MessengerApp("3000000000000001", ("s",), "v", (Page("1000000000000017", "t"),))
REFS = {"quen-mat-khau": "#reset_password", "mat-so-dien-thoai": "#faq/lost_phone"}
ME = "messenger:2000000000000001"
AT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

TEXT: dict[str, tuple[str, str]] = {  # name → text, media
    "text": ("Em quên mật khẩu VssID ạ", ""),
    "text_reply_to": ("ý là cái này", ""),
    "text_command": ("/giup", ""),
    "text_nlp": ("chào", ""),
    "text_from_ad": ("Tôi muốn hỏi", ""),
    "text_old_seq": ("chào", ""),
    "quick_reply_phone": ("+84901000123", ""),
    "quick_reply_email": ("nguyen.an@example.com", ""),
    "image_with_text": ("em quên mật khẩu", "image"),
    "link_with_text": ("https://baohiemxahoi.gov.vn", "fallback"),
    "thumb": ("👍", ""),
    "thumb_as_image": ("👍", ""),
    "postback_of_an_older_bot": ("Quên mật khẩu", ""),
    "edit": ("Em quên mật khẩu với mất sim", ""),
}
MEDIA = {
    "image": "image", "several_images": "image", "audio": "audio", "video": "video", "file": "file",
    "location": "location", "link_without_text": "fallback", "reel": "reel", "post": "post",
    "template_product": "template", "appointment_booking": "appointment_booking",
    "attachment_of_the_future": "other", "sticker": "sticker", "sticker_as_two": "sticker",
}  # fmt: skip
PAYLOAD = {
    "quick_reply": "#reset_password", "postback": "#advise", "postback_get_started": "#greet",
    "postback_get_started_foreign": "#greet", "postback_get_started_from_link": "#reset_password",
    "postback_without_mid": "#ask_human", "postback_in_seconds": "#advise", "postback_of_a_reference": "#greet",
    "referral_link": "#faq/lost_phone", "referral_unknown": "#greet", "referral_ad": "#greet",
    "optin_checkbox": "#reset_password", "optin_send_to_messenger": "#greet",
}  # fmt: skip
CONTROL = {
    "echo_inbox": "taken", "echo_inbox_image": "taken", "echo_other_app": "taken", "echo_without_app": "taken",
    "standby_echo": "taken", "pass_thread_control_to_us": "given_back", "pass_thread_control_to_other": "taken",
    "take_thread_control": "taken", "take_thread_control_old": "taken", "request_thread_control": "asked",
}  # fmt: skip
SILENT = {
    "optin_notifications", "echo_own", "echo_own_attachment", "delivery", "delivery_without_mids", "read", "reaction",
    "reaction_taken_back", "app_roles", "standby_text", "standby_postback", "standby_delivery", "standby_read",
    "changes_test", "changes_feed", "account_linking", "policy_enforcement", "response_feedback", "order", "lead",
}  # fmt: skip


def _items(data: dict[str, Any]) -> list[envelope.Item]:
    found = envelope.read(json.dumps(data).encode())
    assert None not in found
    return [item for item in found if item]


def _events(data: dict[str, Any], app: MessengerApp = APP) -> list[Any]:
    found = []
    for item in _items(data):
        address = conversation_of(item, app)
        event = event_of(item, address, REFS) if address and item.where == "messaging" else None
        found += [event] if event else []
    return found


def test_every_recorded_delivery_is_in_one_of_the_tables() -> None:
    names = {path.stem for path in FIXTURES.glob("*.json")} - {"batch"}
    assert names == {*TEXT, *MEDIA, *PAYLOAD, *CONTROL, *SILENT}


@pytest.mark.parametrize("name", TEXT)
def test_words_are_read(name: str) -> None:
    (event,) = _events(fixture(name))
    assert (event.kind, event.text, event.media) == ("text", *TEXT[name])
    assert (event.channel, event.conversation, event.sent_at) == ("messenger", ME, AT)


@pytest.mark.parametrize("name", MEDIA)
def test_what_is_no_text_is_one_event_without_its_address(name: str) -> None:
    (event,) = _events(fixture(name))
    assert (event.kind, event.media, event.text) == ("media", MEDIA[name], "")
    assert "example" not in repr(event)


@pytest.mark.parametrize("name", PAYLOAD)
def test_taps_and_links_are_payloads(name: str) -> None:
    (event,) = _events(fixture(name))
    assert (event.kind, event.payload) == ("payload", PAYLOAD[name])
    references = {"postback_of_a_reference": "messenger:@khach-01", "optin_checkbox": "messenger:@khach-02"}
    assert event.conversation == references.get(name, ME)
    assert event.sent_at == AT


@pytest.mark.parametrize("name", sorted([*SILENT, *CONTROL]))
def test_what_nobody_said_is_no_event(name: str) -> None:
    assert _events(fixture(name)) == []


@pytest.mark.parametrize("name", [path.stem for path in sorted(FIXTURES.glob("*.json")) if path.stem != "batch"])
def test_a_change_of_who_answers_is_seen(name: str) -> None:
    (item,) = _items(fixture(name))
    control = control_of(item, APP.app_id)
    assert (control.kind if control else None) == CONTROL.get(name)
    if control and control.kind != "given_back" and name not in ("echo_without_app", "take_thread_control_old"):
        assert control.app


@pytest.mark.parametrize("name", ["echo_inbox", "echo_inbox_image", "standby_echo"])
def test_without_an_app_id_only_metas_inbox_is_surely_somebody_else(name: str) -> None:
    assert control_of(_items(fixture(name))[0], "") is not None
    for unsure in ("echo_own", "echo_own_attachment", "echo_other_app", "echo_without_app"):
        assert control_of(_items(fixture(unsure))[0], "") is None


def test_our_mark_tells_our_echo_whatever_app_it_names() -> None:
    data = fixture("echo_own")
    data["entry"][0]["messaging"][0]["message"]["app_id"] = 123
    assert control_of(_items(data)[0], APP.app_id) is None


# ---- ids


@pytest.mark.parametrize("name", ["text", "postback", "sticker", "quick_reply"])
def test_the_mid_is_the_id(name: str) -> None:
    (item,) = _items(fixture(name))
    (event,) = _events(fixture(name))
    assert event.event_id == (item.data.get("message") or item.data["postback"])["mid"]


@pytest.mark.parametrize("name", ["postback_without_mid", "referral_link", "optin_checkbox"])
def test_without_a_mid_a_retry_has_the_same_id_and_another_act_another(name: str) -> None:
    data = fixture(name)
    again = json.loads(json.dumps(data, sort_keys=True))  # other bytes, the same words
    again["entry"][0]["time"] += 1000
    later = json.loads(json.dumps(data))
    later["entry"][0]["messaging"][0]["timestamp"] += 1000
    ids = [_events(one)[0].event_id for one in (data, again, later)]
    assert ids[0] == ids[1] != ids[2]


def test_each_edit_is_an_event_of_its_own() -> None:
    data = fixture("edit")
    ids = []
    for number in (1, 2):
        data["entry"][0]["messaging"][0]["message_edit"]["num_edit"] = number
        ids.append(_events(data)[0].event_id)
    assert len(set(ids)) == 2
    assert all(one.startswith("m_text#") for one in ids)


@pytest.mark.parametrize("mid", ["", " ", "m\n1", "é", "x" * 300, None, 5, ["m"], {"a": 1}])
def test_a_mid_that_cannot_be_stored_is_replaced(mid: Any) -> None:
    data = fixture("text")
    data["entry"][0]["messaging"][0]["message"]["mid"] = mid
    (event,) = _events(data)
    assert len(event.event_id) == 64
    assert _events(data)[0].event_id == event.event_id


# ---- pages and people


def test_a_page_that_is_not_ours_is_nobody() -> None:
    data = fixture("text")
    data["entry"][0]["id"] = "5"
    assert _events(data) == []


def test_a_bare_token_serves_any_page() -> None:
    data = fixture("text")
    data["entry"][0]["id"] = data["entry"][0]["messaging"][0]["recipient"]["id"] = "5"
    anywhere = MessengerApp("1", ("s",), "v", (Page("", "t"),))
    assert [event.conversation for event in _events(data, anywhere)] == [ME]


def test_people_of_other_pages_are_named_with_their_page() -> None:
    app = MessengerApp("1", ("s",), "v", (Page("1000000000000017", "t"), Page("77", "u")))
    data = fixture("text")
    assert _events(data, app)[0].conversation == ME
    data["entry"][0]["id"] = data["entry"][0]["messaging"][0]["recipient"]["id"] = "77"
    (event,) = _events(data, app)
    assert event.conversation == "messenger:77:2000000000000001"
    assert Address.read("77:2000000000000001") == Address("2000000000000001", "77")


@pytest.mark.parametrize("sender", [1000000000000017, "1000000000000017"])
def test_what_the_page_itself_does_is_nobodys_message(sender: Any) -> None:
    data = fixture("text")
    data["entry"][0]["messaging"][0]["sender"] = {"id": sender}
    data["entry"][0]["messaging"][0]["recipient"] = {"id": "2000000000000001"}
    assert _events(data) == []


def test_ids_may_be_numbers() -> None:
    data = fixture("text")
    data["entry"][0]["id"] = 1000000000000017
    data["entry"][0]["messaging"][0]["sender"] = {"id": 2000000000000001}
    assert _events(data)[0].conversation == ME


@pytest.mark.parametrize("ref", ["", "a b", "x" * 200, "🙂", 5, None])
def test_a_reference_that_cannot_be_answered_is_nobody(ref: Any) -> None:
    data = fixture("optin_checkbox")
    data["entry"][0]["messaging"][0]["optin"]["user_ref"] = ref
    assert _events(data) == []


def test_half_a_surrogate_pair_does_not_lose_the_message() -> None:
    body = json.dumps(fixture("text")).replace("Em qu", "\\ud83d qu").encode()
    (item,) = envelope.read(body)
    assert item is not None
    event = event_of(item, Address("1"), {})
    assert event is not None
    event.text.encode()
    assert "mật khẩu" in event.text


# ---- the envelope


def test_a_batch_is_read_item_by_item_in_the_order_of_time() -> None:
    read = [(event.event_id, event.conversation[-1]) for event in _events(fixture("batch"))]
    assert read == [("m_batch0", "1"), ("m_batch1", "1"), ("m_batch2", "2")]


def test_one_odd_item_does_not_lose_the_others() -> None:
    data = fixture("batch")
    odd: list[Any] = [None, 5, "x", [], {}, {"message": 1}, {"message": {"mid": {}}}, {"sender": "x", "message": {}}]
    data["entry"][0]["messaging"] = [*odd, *data["entry"][0]["messaging"], *odd]
    data["entry"] = [None, 3, [], {"messaging": None}, {"id": None, "messaging": 7}, *data["entry"]]
    found = [item for item in envelope.read(json.dumps(data).encode()) if item]
    ids = []
    for item in found:
        address = conversation_of(item, APP)
        event = event_of(item, address, REFS) if address and item.where == "messaging" else None
        ids += [event.event_id] if event else []
    assert ids == ["m_batch0", "m_batch1", "m_batch2"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1767225600000, AT), ("1767225600000", AT), (1767225600, AT), ("1767225600", AT), (1767225600000.0, AT),
     (None, None), (0, None), (-5, None), ("", None), ("x", None), (True, None), ([], None), ({}, None), (10**30, None),
     (1e308, None), ("nan", None), ("inf", None), ("9" * 400, None), (4_102_444_800_000, None)],
)  # fmt: skip
def test_times_are_read_as_they_come_and_never_trusted(value: Any, expected: Any) -> None:
    assert envelope.time_of(value) == expected


@pytest.mark.parametrize("name", [path.stem for path in sorted(FIXTURES.glob("*.json")) if path.stem != "batch"])
def test_every_recorded_item_has_a_name_to_be_counted_by(name: str) -> None:
    (item,) = _items(fixture(name))
    assert events.name_of(item) != "unknown" or item.where == "changes"


@pytest.mark.parametrize(
    ("title", "locale"),
    [
        ("Talk to a person", "en"),
        ("Gặp nhân viên", "vi"),
        ("I forgot my VssID password", "en"),
        ("Something", ""),
        ("", ""),
    ],
)
def test_which_menu_was_pressed_tells_what_its_persons_messenger_speaks(title: str, locale: str) -> None:
    data = fixture("postback")
    data["entry"][0]["messaging"][0]["postback"]["title"] = title
    (item,) = _items(data)
    address = conversation_of(item, APP)
    assert address
    event = event_of(item, address, {}, our_content().titles)
    assert event
    assert (event.locale, event.language) == (locale, "")


def test_who_types_a_menus_title_is_read_like_anybody() -> None:
    data = fixture("text")
    data["entry"][0]["messaging"][0]["message"]["text"] = "Talk to a person"
    (item,) = _items(data)
    address = conversation_of(item, APP)
    assert address
    event = event_of(item, address, {}, our_content().titles)
    assert event
    assert event.locale == ""
