"""Who is sent to key 8 is sent to the telephone line of this installation, where it has one."""

from __future__ import annotations

import re

import pytest
import yaml

from assistant.rasa.hotline import OFFICIAL, named
from assistant.settings import ROOT

RESPONSES = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]


def test_the_way_without_an_e_mail_names_our_own_number() -> None:
    text = RESPONSES["utter_reset_no_email"][0]["text"]
    assert OFFICIAL in text
    ours = named(text, "1900 1234")
    assert "gọi 1900 1234, bấm phím 8" in ours
    assert named(text, "") == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gọi 1900 9068 phím 8", "gọi 024 phím 8"),
        ("gọi 1900.9068, rồi bấm phím 8", "gọi 024, rồi bấm phím 8"),
        ("tổng đài 1900 9068 (1.000 đồng/phút)", "tổng đài 1900 9068 (1.000 đồng/phút)"),
        ("báo lừa đảo: 1900 9068, bấm phím 88", "báo lừa đảo: 1900 9068, bấm phím 88"),
        ("call 1900 9068 and press key 8", "call 024 and press key 8"),
        ("call 1900 9068 from the registered phone and press 8", "call 024 from the registered phone and press 8"),
        ("1900 9068 (1,000 VND/minute), key 8", "024 (1,000 VND/minute), key 8"),
        (
            "report it at 1900 9068. To reset, call 1900 9068, press 8",
            "report it at 1900 9068. To reset, call 024, press 8",
        ),
        ("call the hotline (tổng đài) 1900 9068\nor press 8", "call the hotline (tổng đài) 1900 9068\nor press 8"),
        ("call 1900 9068, press 80", "call 1900 9068, press 80"),
    ],
)
def test_only_key_8_is_ours_everything_else_stays_the_hotline_s(text: str, expected: str) -> None:
    assert named(text, "024") == expected


def test_no_response_is_left_with_a_key_8_of_the_other_number() -> None:
    texts = [
        variant["text"] for name in RESPONSES for variant in RESPONSES[name] if "phím 8" in variant.get("text", "")
    ]
    assert len(texts) > 5
    for text in texts:
        before = text[: text.index("phím 8")]
        assert OFFICIAL not in named(text, "024")[: len(before)]


def test_no_english_response_is_left_with_it_either() -> None:
    texts = [
        variant["text"]
        for variants in RESPONSES.values()
        for variant in variants
        if re.search(r"\b(?:key|press) 8\b", variant.get("text", ""))
    ]
    assert len(texts) > 5
    assert [text for text in texts if "024" not in named(text, "024")] == []
