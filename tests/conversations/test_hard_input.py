"""What people and attackers send: always an answer, never a command, nothing kept that must not be."""

from __future__ import annotations

import unicodedata

import pytest

from tests.kit.talk import VAGUE, Talk


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\u200b", "😀😀", "🙏", "...", "?", "{}", "{slots}", "a" * 1999, "/restart", "/reset_password",
     "/session_start", '/inform{"bhxh_code": "x"}', "⟦bhxh_code:aaaaaaaaaaaaaaaa⟧", "'; DROP TABLE inbox; --",
     "<script>alert(1)</script>", "\x07\x1b[31m", "🇻🇳" * 300, "không " * 300],
)  # fmt: skip
def test_every_input_gets_a_kind_answer(talk: Talk, text: str) -> None:
    replies = talk.say(text)
    assert replies
    assert all(body["text"].strip() for body in replies)
    joined = " ".join(body["text"] for body in replies)
    assert "trục trặc" not in joined
    assert "utter_" not in joined


def test_a_hundred_kilobytes_are_refused_kindly(talk: Talk) -> None:
    assert "dài quá" in talk.text("quên mật khẩu " * 7000)
    (kept,) = talk.connection.execute(
        "SELECT length(body->>'text') FROM inbox WHERE conversation = %s", (talk.conversation,)
    ).fetchone()
    assert kept <= 2000


def test_slash_commands_are_ordinary_words(talk: Talk) -> None:
    talk.say("quên mật khẩu")
    talk.say("7900000123")
    talk.say("/restart")
    assert "n•••n@e•••.com" in talk.text("0901000123")


def test_system_events_cannot_be_pressed(talk: Talk) -> None:
    for payload in ("#reset_done", "#sent_media", "#nlu_fallback", "#no_such_thing"):
        assert "đặt lại thành công" not in " ".join(b["text"] for b in talk.press(payload))
        assert "đặt lại thành công" not in talk.text(payload)


def test_decomposed_unicode_reads_like_composed(talk: Talk) -> None:
    assert "mã số BHXH" in talk.text(unicodedata.normalize("NFD", "Tôi quên mật khẩu VssID"))


@pytest.mark.parametrize("text", ["mật khẩu của em là hoa@2020", "otp là 123456", "mk: Abc12345 nè"])
def test_secrets_are_removed_and_the_person_is_warned(talk: Talk, text: str) -> None:
    assert "đã xóa mật khẩu hoặc mã bí mật" in talk.text(text)
    rows = talk.connection.execute("SELECT body::text FROM inbox WHERE conversation = %s", (talk.conversation,))
    stored = " ".join(row[0] for row in rows)
    assert not any(secret in stored for secret in ("hoa@2020", "123456", "Abc12345"))


def unclear_texts(talk: Talk) -> list[str]:
    """Returns texts the model does not understand, first one for which it has a guess to offer."""
    parsed = {text: talk.host.parse(text) for text in VAGUE}
    unclear = [text for text in VAGUE if parsed[text]["intent"] == "nlu_fallback"]
    assert len(unclear) >= 3, "the classifier understands too much; give vaguer texts"

    def best_topic(text: str) -> float:
        return max((g["confidence"] for g in parsed[text]["ranking"] if g["name"].startswith("faq/")), default=0.0)

    return sorted(unclear, key=best_topic, reverse=True)


def test_unknown_text_gets_guesses_then_a_rephrase_then_a_way_out(talk: Talk) -> None:
    unclear = unclear_texts(talk)
    first = talk.say(unclear[0])
    assert "chưa chắc hiểu đúng" in first[-1]["text"]
    assert 1 <= len(first[-1]["buttons"]) <= 3
    assert "vẫn chưa hiểu" in talk.text(unclear[1])
    assert "1900 9068" in talk.text(unclear[2])


def test_a_guess_is_confirmed_by_yes_by_number_and_by_press(talk: Talk) -> None:
    unclear = unclear_texts(talk)[0]
    guess = talk.say(unclear)[-1]["buttons"][0]
    assert "chọn" in talk.text("đúng rồi")  # several were offered: which?
    answers = []
    for chosen in (guess["payload"], "1", guess["title"]):
        somebody = Talk(talk.host, talk.connection, talk.vault)
        somebody.say(unclear)
        answers.append(somebody.text(chosen))
    assert answers[0] == answers[1] == answers[2]


def test_pictures_get_words(talk: Talk) -> None:
    replies = talk.say(kind="media", media="image")
    assert "chỉ đọc được chữ" in replies[0]["text"]
