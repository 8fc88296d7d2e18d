"""The numbered menu where no buttons can be shown: its words are in the reply's language."""

from __future__ import annotations

import pytest

from connectors.base.text import with_menu
from connectors.sms.sender import SmsSender
from connectors.sms.settings import Gateway
from connectors.zalo.messages import with_numbers

BUTTONS = [{"title": "Stop", "payload": "#cancel"}, {"title": "More", "payload": "#more"}]


@pytest.mark.parametrize(
    ("text", "language", "lead"),
    [
        ("Chào", None, "Bạn nhắn số để chọn:"),
        ("1. Mở thư", "vi", "Bạn nhắn số để chọn việc tiếp theo:"),
        ("Hello", "en", "Send a number to choose:"),
        ("1. Open it\n2. Press", "en", "Send a number to choose what to do next:"),
        ("Bonjour", "fr", "Bạn nhắn số để chọn:"),
    ],
)
def test_its_lead(text: str, language: str | None, lead: str) -> None:
    assert with_menu(text, BUTTONS, language) == f"{text}\n\n{lead}\n1. Stop\n2. More"


def test_zalo_says_it_also_where_the_menu_goes_alone() -> None:
    assert with_numbers("word " * 500, BUTTONS, "en")[-1].startswith("Send a number to choose:")


def test_an_sms_of_an_english_reply_is_english_and_spares_the_source() -> None:
    sender = SmsSender(None, Gateway.model_construct(accents=True, concatenated=True), None)  # type: ignore[arg-type]
    body = {
        "text": "It is free.\n\n(Source: Decision 366. Checked on 30/11/2026.)",
        "buttons": BUTTONS,
        "language": "en",
    }
    (one,) = sender.parts(body)
    assert "Source" not in one
    assert "Send a number to choose:" in one
