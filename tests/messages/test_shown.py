"""What a channel shows beside the words, and what stands for it where it shows nothing."""

from __future__ import annotations

import pytest

from assistant.messages.shown import fitted, without_media

OWN = "https://tro-ly.example.gov.vn"
NAME = "/pictures/" + "0" * 32 + ".png"
PICTURE = {"kind": "image", "url": NAME, "says": "Nút Quên mật khẩu"}
LINK = {"title": "Mở Cổng dịch vụ công", "url": "https://dichvucong.gov.vn/"}
LINKED = "Mở Cổng dịch vụ công: https://dichvucong.gov.vn/"


def said(channel: str) -> tuple[str, object, object]:
    found = fitted("Bạn bấm vào nút.", [PICTURE], [LINK], channel, OWN)
    return found.text, found.media, found.link


@pytest.mark.parametrize("channel", ["sms", "phone", ""])
def test_where_there_are_only_words_they_say_it(channel: str) -> None:
    assert said(channel) == (f"Bạn bấm vào nút.\n{LINKED}\nNút Quên mật khẩu: {OWN}{NAME}", None, None)


@pytest.mark.parametrize("channel", ["zalo", "messenger"])
def test_a_platform_fetches_the_picture_and_the_address_stays_readable(channel: str) -> None:
    assert said(channel) == (f"Bạn bấm vào nút.\n{LINKED}", PICTURE | {"url": OWN + NAME}, LINK)


def test_the_web_page_shows_both_itself() -> None:
    assert said("web") == ("Bạn bấm vào nút.", PICTURE, LINK)


def test_the_web_page_loads_nothing_from_elsewhere() -> None:
    found = fitted("", [{"kind": "image", "url": "https://elsewhere.example/pictures/a.png"}], (), "web", OWN)
    assert (found.text, found.media) == ("https://elsewhere.example/pictures/a.png", None)


def test_what_was_refused_is_said() -> None:
    body = {"text": "Bạn bấm vào nút.", "buttons": [], "media": PICTURE | {"url": OWN + NAME}}
    assert without_media(body) == {"text": f"Bạn bấm vào nút.\nNút Quên mật khẩu: {OWN}{NAME}", "buttons": []}
