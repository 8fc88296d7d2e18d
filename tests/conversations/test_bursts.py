"""People send a sentence in pieces, and words that belong to what stands beside them (C08, C09)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from assistant.messages import inbox
from assistant.messages.events import PULLED, Event
from assistant.messages.turns import run_turn
from tests.kit.talk import Talk

LONG = 600.0  # whatever the machine has to do


def send(talk: Talk, text: str = "", kind: Any = "text", **other: Any) -> None:
    event = Event("web", uuid.uuid4().hex, talk.conversation, kind, text, **other)
    inbox.accept_within(talk.connection, event, talk.vault)


def waits(talk: Talk) -> bool:
    """Runs the turns there are; returns whether something was left."""
    while (taken := run_turn(talk.connection, talk.conversation, talk.host, PULLED, patience=LONG)) and taken.more:
        pass
    return bool(taken and taken.waits)


def answers(talk: Talk) -> list[tuple[Any, ...]]:
    return talk.connection.execute(
        "SELECT t.intent FROM turns t WHERE conversation = %s AND intent <> 'joined' ORDER BY id", (talk.conversation,)
    ).fetchall()


@pytest.mark.parametrize(
    ("pieces", "intent"),
    [
        (("ad ơi", "em bị", "mất mật khẩu vssid"), "reset_password"),
        (("chào shop", "cho e hỏi xíu", "số tổng đài bhxh"), "faq/hotline"),
        (("alo", "quen mk roi"), "reset_password"),
        (("hôm qua em", "quên mật khẩu vssid"), "reset_password"),
    ],
)
def test_pieces_are_one_utterance(talk: Talk, pieces: tuple[str, ...], intent: str) -> None:
    for piece in pieces[:-1]:
        send(talk, piece)
        assert waits(talk)
    send(talk, pieces[-1])
    assert not waits(talk)
    assert answers(talk) == [(intent,)]


@pytest.mark.parametrize(
    "text",
    ["quên mật khẩu", "tổng đài số mấy", "0901000123", "cảm ơn ạ", "tạm biệt nhé", "gặp nhân viên", "👍?",
     "em mất sim rồi mà cũng không có email thì giờ phải làm sao ạ", "thời tiết hôm nay thế nào"],
)  # fmt: skip
def test_what_is_clear_waits_for_nothing(talk: Talk, text: str) -> None:
    send(talk, text)
    assert not waits(talk)


def test_where_something_is_asked_every_word_is_an_answer(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    for text in ("đây ạ", "dạ", "ad ơi"):
        send(talk, text)
        assert not waits(talk)


def test_five_photos_and_their_caption_get_one_answer(talk: Talk) -> None:
    for _ in range(5):
        send(talk, kind="media", media="image")
        assert waits(talk)
    send(talk, "tổng đài số mấy", media="image")
    assert not waits(talk)
    assert answers(talk) == [("faq/hotline",)]


@pytest.mark.parametrize(
    "text", ["đây ạ", "đây nha ad", "em gửi đây ạ", "sdt của em đấy", "số em nè", "mail của mình đây nhé"]
)
def test_here_it_is_leaves_the_open_question(talk: Talk, text: str) -> None:
    talk.say("quên mật khẩu")
    talk.say("0116000045")
    assert "Tạm biệt" not in talk.text(text)
    assert talk.intent() == "inform"
    assert "không khớp" not in talk.text("0360000045")


@pytest.mark.parametrize(
    "text",
    ["ok chưa ạ", "đc chưa ạ", "đúng chưa ạ", "đã nhận được chưa ạ", "vậy là xong chưa", "ổn chưa ad", "nhận chưa vậy"],
)
def test_is_it_done_is_no_no(talk: Talk, text: str) -> None:
    assert talk.host.parse(text)["intent"] not in ("deny", "affirm", "goodbye")
    talk.press("#advise")
    talk.say(text)
    assert talk.intent() not in ("deny", "affirm", "goodbye", "nod")
