"""Our replies within Messenger's limits: what goes as text, quick replies, buttons, a numbered menu."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.content.topics import read_topics
from assistant.settings import ROOT
from connectors.base.text import parts, utf16
from connectors.messenger import messages
from connectors.messenger.layout import messages_of, short_titles, shortened
from connectors.messenger.words import Words
from sandbox.graph_limits import check_message

WORDS = Words("Mở trang", "Bạn chọn giúp mình nhé.", {"en": Words("Open the page", "Please choose one.")})


def _body(text: str, *titles: str) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "payload": f"#p_{n}"} for n, title in enumerate(titles)]}


def _replies(found: list[dict[str, Any]]) -> list[str]:
    return [reply["title"] for reply in found[-1].get("quick_replies", [])]


def test_a_plain_reply_is_one_text() -> None:
    (message,) = messages_of(_body("Dạ chào bạn."), WORDS)
    assert message == {"text": "Dạ chào bạn.", "metadata": messages.MARK}


def test_choices_are_quick_replies_with_their_payloads() -> None:
    (message,) = messages_of(_body("Bạn cần gì?", "Lấy lại mật khẩu", "Dừng lại"), WORDS)
    assert message["text"] == "Bạn cần gì?"
    assert message["quick_replies"] == [
        {"content_type": "text", "title": "Lấy lại mật khẩu", "payload": "#p_0"},
        {"content_type": "text", "title": "Dừng lại", "payload": "#p_1"},
    ]


def test_a_link_on_its_own_line_gets_a_button_and_stays_readable() -> None:
    reply = next(r for r in _domain() if "declare_tk1_ts" in r[0])[1]
    text = reply["text"].replace("{url}", "https://tro-ly.example/to-khai/abc")
    (message,) = messages_of({"text": text, "buttons": reply["buttons"]}, WORDS)
    template = message["attachment"]["payload"]
    assert template["template_type"] == "button"
    assert "https://tro-ly.example/to-khai/abc" in template["text"]
    assert template["buttons"] == [
        {"type": "web_url", "title": "Mở trang", "url": "https://tro-ly.example/to-khai/abc"},
        {"type": "postback", "title": "Nộp ở đâu", "payload": "#faq/office"},
    ]
    check_message(message)


@pytest.mark.parametrize(
    "text",
    ["Chi tiết: https://a.example/x", "https://a.example/1\nhttps://a.example/2", "https://a.example\n" + "chữ " * 200,
     "Xem https://b.example\nhttps://a.example"],
)  # fmt: skip
def test_other_links_stay_in_the_text(text: str) -> None:
    found = messages_of(_body(text, "Một", "Hai"), WORDS)
    assert all("attachment" not in message for message in found)
    assert _replies(found) == ["Một", "Hai"]


def test_a_link_with_three_choices_keeps_them_all() -> None:
    found = messages_of(_body("Ở đây:\nhttps://a.example", "Một", "Hai", "Ba"), WORDS)
    assert _replies(found) == ["Một", "Hai", "Ba"]


def test_long_titles_are_shortened_between_words() -> None:
    assert shortened("Không nhận được thư nào cả", 20) == "Không nhận được thư…"
    assert shortened("Cơ quan BHXH ở đâu", 20) == "Cơ quan BHXH ở đâu"
    assert shortened("Siêudàikhôngcódấucáchnàohết", 20) == "Siêudàikhôngcódấucá…"
    assert shortened("A Siêudàikhôngcódấucáchnàohết", 20) == "A Siêudàikhôngcódấu…"
    (message,) = messages_of(_body("Chọn:", "Không nhận được thư nào cả", "Dừng lại"), WORDS)
    assert message["text"] == "Chọn:"
    assert _replies([message]) == ["Không nhận được thư…", "Dừng lại"]


def test_titles_that_would_look_the_same_are_numbered_and_the_full_ones_stand_in_the_text() -> None:
    long = ("Bảo hiểm xã hội tỉnh Nghệ An", "Bảo hiểm xã hội tỉnh Nam Định", "Dừng lại")
    (message,) = messages_of(_body("Nơi nào ạ?", *long), WORDS)
    assert _replies([message]) == ["1. Bảo hiểm xã hội…", "2. Bảo hiểm xã hội…", "3. Dừng lại"]
    for number, title in enumerate(long, 1):
        assert f"\n{number}. {title}" in message["text"]


def test_more_choices_than_quick_replies_are_all_in_the_text() -> None:
    titles = [f"Tỉnh số {n}" for n in range(1, 16)]
    (message,) = messages_of(_body("Nơi nào ạ?", *titles), WORDS)
    assert len(message["quick_replies"]) == 13
    assert "15. Tỉnh số 15" in message["text"]
    check_message(message)


def test_thirteen_choices_need_no_menu() -> None:
    (message,) = messages_of(_body("Nơi nào ạ?", *(f"Tỉnh {n}" for n in range(13))), WORDS)
    assert message["text"] == "Nơi nào ạ?"
    assert len(message["quick_replies"]) == 13


def test_a_long_reply_is_split_at_sentences_and_the_choices_go_with_its_end() -> None:
    text = " ".join(f"Đây là câu thứ {n} của một bài dài." for n in range(200))
    found = messages_of(_body(text, "Xem thêm"), WORDS)
    assert len(found) > 3
    assert all(utf16(message["text"]) <= messages.TEXT_LIMIT < 2000 for message in found)
    assert all(message["text"].endswith("dài.") for message in found)
    assert " ".join(message["text"] for message in found) == text
    assert ["quick_replies" in message for message in found] == [False] * (len(found) - 1) + [True]


def test_emoji_count_as_two_and_are_never_cut() -> None:
    found = parts("👨‍👩‍👧‍👦" * 300, messages.TEXT_LIMIT, utf16)
    assert all(utf16(part) <= messages.TEXT_LIMIT for part in found)
    assert all(len(part) % len("👨‍👩‍👧‍👦") == 0 for part in found)
    assert "".join(found) == "👨‍👩‍👧‍👦" * 300


def test_decomposed_letters_are_sent_composed() -> None:
    import unicodedata

    (message,) = messages_of(
        _body(unicodedata.normalize("NFD", "Bạn đã quên"), unicodedata.normalize("NFD", "Dừng lại")), WORDS
    )
    assert message["text"] == "Bạn đã quên"
    assert _replies([message]) == ["Dừng lại"]


def test_nothing_to_say_is_no_message_and_choices_alone_get_words() -> None:
    assert messages_of(_body(" \n "), WORDS) == []
    assert messages_of({}, WORDS) == []
    assert messages_of(_body("", "Một"), WORDS)[0]["text"] == WORDS.choose


def test_cards_and_media_are_of_metas_shape() -> None:
    cards = [messages.card("Cơ quan BHXH", "Hà Nội", shown=[messages.link("Mở", "https://a.example")],
                           url="https://a.example")] * 10  # fmt: skip
    check_message(messages.cards(cards))
    for message in (messages.media("image", url="https://a.example/x.png"), messages.media("file", attachment_id="1"),
                    messages.buttons("x" * 640, [messages.postback("a", "#b")] * 3)):  # fmt: skip
        check_message(message)


def _domain() -> list[tuple[str, dict[str, Any]]]:
    files = [ROOT / "domain.yml", *sorted((ROOT / "data/dialogue_responses").glob("*.yml"))]
    return [
        (name, variant)
        for path in files
        for name, variants in (yaml.safe_load(path.read_text(encoding="utf-8")).get("responses") or {}).items()
        for variant in variants
    ]


def test_every_reply_of_the_dialogue_fits() -> None:
    replies = _domain()
    assert len(replies) > 60
    for name, reply in replies:
        found = messages_of(reply, WORDS)
        for message in found:
            check_message(message)
        assert len(found) <= 1, f"{name} needs {len(found)} messages"
        assert "Bạn nhắn số để chọn" not in str(found), f"{name}: its titles do not fit on quick replies"


def test_every_answer_of_the_topics_fits() -> None:
    topics = read_topics(ROOT / "data/faq")
    assert len(topics) > 20
    titles = [topic.title for topic in topics]
    for topic in topics:
        for text in (f"{topic.answer}\n\n{topic.source_line}", topic.more):
            for message in messages_of(_body(text, *titles[:3]), WORDS):
                check_message(message)


_choice = st.fixed_dictionaries({"title": st.text(min_size=1, max_size=60), "payload": st.just("#x")})


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=6000), st.lists(_choice.filter(lambda c: c["title"].strip()), max_size=20))
def test_whatever_is_said_fits_and_nothing_is_left_out(text: str, choices: list[dict[str, Any]]) -> None:
    found = messages_of({"text": text, "buttons": choices}, WORDS)
    for message in found:
        check_message(message)
        assert utf16(message.get("text", "")) < 2000
    assert bool(found) == bool(text.strip() or choices)


@given(st.lists(st.text(min_size=1, max_size=50), max_size=13))
def test_shortened_titles_are_never_two_alike(titles: list[str]) -> None:
    short = short_titles(titles)
    assert short is None or len({title.casefold() for title in short}) == len(titles)
    assert all(utf16(shortened(title, 20)) <= 20 for title in titles if title.strip())


def test_what_the_channel_adds_is_in_the_replys_language() -> None:
    link = {"text": "Fill it in here:\nhttps://tro-ly.example/to-khai/abc", "language": "en"}
    (message,) = messages_of(link, WORDS)
    assert message["attachment"]["payload"]["buttons"][0]["title"] == "Open the page"
    (message,) = messages_of(_body("", "Reset password", "Stop") | {"language": "en"}, WORDS)
    assert message["text"] == "Please choose one."
    many = _body("Choose one of these:", *(f"A rather long title that differs {n}" for n in range(3))) | {
        "language": "en"
    }
    assert "Send a number to choose:" in messages_of(many, WORDS)[0]["text"]


LINK = {"title": "Mở Cổng dịch vụ công quốc gia", "url": "https://dichvucong.gov.vn/"}
PICTURE = {"kind": "image", "url": "https://tro-ly.example/pictures/a.png", "says": "Nút Quên mật khẩu"}


def test_a_titled_link_is_a_button_and_all_the_choices_stay() -> None:
    text = f"Bạn mở trang.\n{LINK['title']}: {LINK['url']}"
    (message,) = messages_of(_body(text, "Xem thêm", "Mất số điện thoại", "Đổi e-mail") | {"link": LINK}, WORDS)
    template = message["attachment"]["payload"]
    assert template["text"] == text
    assert template["buttons"] == [{"type": "web_url", "title": "Mở Cổng dịch vụ…", "url": LINK["url"]}]
    assert _replies([message]) == ["Xem thêm", "Mất số điện thoại", "Đổi e-mail"]
    check_message(message)


def test_a_text_too_long_for_a_button_says_the_link_itself() -> None:
    text = "Bạn mở trang này nhé. " * 40 + f"\n{LINK['title']}: {LINK['url']}"
    found = messages_of(_body(text, "Xem thêm") | {"link": LINK}, WORDS)
    assert LINK["url"] in found[-1]["text"]
    assert _replies(found) == ["Xem thêm"]
    for message in found:
        check_message(message)


def test_a_picture_goes_first() -> None:
    first, second = messages_of(_body("Bạn bấm vào nút.", "Xem thêm") | {"media": PICTURE}, WORDS)
    assert first["attachment"] == {"type": "image", "payload": {"url": PICTURE["url"], "is_reusable": True}}
    assert second["text"] == "Bạn bấm vào nút."
    check_message(first)
