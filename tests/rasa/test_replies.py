"""Responses as Rasa knows them become replies; what nobody can show is said as words, or named by the check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.messages.events import Button
from assistant.rasa.replies import pressed, reply_of
from assistant.rasa.response_check import check_lost, check_responses
from assistant.settings import ROOT

PICTURE = "https://example.com/a.png"
PAPER = "https://example.com/a.pdf"


@pytest.mark.parametrize(
    ("channel", "text", "shown"),
    [
        ("messenger", "Xem hình", {"kind": "image", "url": PICTURE}),
        ("zalo", "Xem hình", {"kind": "image", "url": PICTURE}),
        ("web", f"Xem hình\n{PICTURE}", None),
        ("sms", f"Xem hình\n{PICTURE}", None),
    ],
)
def test_a_picture_is_shown_or_named(channel: str, text: str, shown: dict[str, Any] | None) -> None:
    reply = reply_of({"text": "Xem hình", "image": PICTURE}, channel)
    assert reply
    assert (reply.text, reply.media) == (text, shown)
    assert ("media" in reply.as_body()) is (shown is not None)


@pytest.mark.parametrize(
    "attachment",
    [PAPER, {"type": "file", "payload": {"url": PAPER}}, {"type": "file", "payload": {"src": PAPER}}],
)
def test_an_attachment_is_sent_or_named(attachment: Any) -> None:
    sent, named = reply_of({"attachment": attachment}, "messenger"), reply_of({"attachment": attachment}, "zalo")
    assert sent
    assert named
    assert (sent.text, sent.media) == ("", {"kind": "file", "url": PAPER})
    assert (named.text, named.media) == (PAPER, None)


def test_quick_replies_and_links_are_buttons_and_words() -> None:
    choices = [{"title": "Có", "payload": "/affirm"}, {"title": "Trang", "type": "web_url", "url": PAPER}]
    reply = reply_of({"text": "Nhé?", "quick_replies": choices, "buttons": None})
    assert reply
    assert reply.buttons == (Button("Có", "#affirm"),)
    assert reply.text == f"Nhé?\nTrang: {PAPER}"


def test_custom_is_read_as_far_as_it_is_known() -> None:
    reply = reply_of({"custom": {"text": "Chào", "buttons": [{"title": "A", "payload": "#a"}], "blocks": []}})
    assert reply
    assert (reply.text, reply.buttons) == ("Chào", (Button("A", "#a"),))


@pytest.mark.parametrize(
    "nothing", [{}, {"text": " "}, {"custom": {"blocks": [1]}}, {"custom": ["x"]}, {"image": None}]
)
def test_what_says_nothing_is_no_reply(nothing: dict[str, Any]) -> None:
    assert reply_of(nothing, "messenger") is None


def test_a_button_may_carry_values() -> None:
    found = pressed('#order{"size": "L", "number": 3, "kinds": ["a", "b"], "odd": {"x": 1}}')
    assert found.label == "order"
    assert [(e["entity"], e["value"]) for e in found.entities] == [
        ("size", "L"), ("number", 3), ("kinds", "a"), ("kinds", "b"),
    ]  # fmt: skip
    assert pressed("#faq/hotline").label == "faq/hotline"
    assert pressed('#order{"size": ').entities == ()
    assert pressed('#order{"size": "' + "x" * 300 + '"}').entities == ()


def test_the_projects_responses_can_be_shown() -> None:
    assert [*check_responses(ROOT, ROOT / "data")] == []
    assert [*check_lost(ROOT)] == []


def test_the_check_names_what_nobody_shows(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text(
        "responses:\n  utter_a:\n  - custom: {blocks: [1]}\n  utter_b:\n  - {text: x, channel: slack}\n"
        "  utter_c:\n  - {text: x, buttons: [{title: A}]}\n  utter_d:\n  - {text: x, elements: [1]}\n",
        encoding="utf-8",
    )
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "a.py").write_text("from rasa_sdk import events\n\nx = events.ReminderScheduled\n", "utf-8")
    found = [finding.line_of_text(tmp_path) for finding in check_responses(tmp_path, tmp_path / "data")]
    assert [said.split(" LỖI")[0] for said in found] == [
        "domain.yml:2:", "domain.yml:2:", "domain.yml:4:", "domain.yml:6:", "domain.yml:8:",
    ]  # fmt: skip
    assert "slack" in found[2]
    (lost,) = check_lost(tmp_path)
    assert lost.line == 3
