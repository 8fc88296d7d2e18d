"""English: told from Vietnamese by its words, and read by machines of its own (tests/nlu/gold_english.jsonl)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.content.examples import read_english, read_examples
from assistant.evaluation.measure import gold_files, read_gold
from assistant.nlu.languages import language_of, wished, wished_beside
from assistant.rasa.host import Parser
from assistant.settings import ROOT

GOLD = Path(__file__).with_name("gold_english.jsonl")
#: English texts that stand among the Vietnamese ones: foreigners' questions, and what people say in English anyway.
_WRITTEN_IN_ENGLISH = 0.004


def _gold() -> list[dict[str, str]]:
    return [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        "quen mat khau vssid", "ko vao dc app", "mk bi khoa tk r", "ok", "oke ad", "7900000123", "0901 000 123",
        "reset password", "hello", "hi ad", "thanks", "thank you", "help me", "email", "them email", "do lai ma so",
        "can cuoc cua toi", "cho toi lay lai mat khau", "app bi loi", "the bhyt", "gui otp qua email cho em",
        "check giup em", "online duoc khong", "update sdt moi", "👍", "???", "no", "yes", "em o Ho Chi Minh", "bye",
        '/inform{"contact": "lost"}', "/restart please", "card", "code?", "done", "chào ad", "hey em oi",
    ],
)  # fmt: skip
def test_vietnamese_shorthand_and_borrowed_words_are_not_english(text: str) -> None:
    assert language_of(text) != "en"


@pytest.mark.parametrize(
    "text",
    [
        "how do I get my mã số BHXH", "i not remember password", "pls help forgot pass", "my sổ BHXH is lost",
        "where is the office in Da Nang", "What if I don’t have an email?", "lost my sim", "is it free",
        "scam?", "office?", "pension", "hey", "what is thai san", "TK1-TS what is it", "Chào bạn, how can I reset it?",
    ],
)  # fmt: skip
def test_broken_english_and_vietnamese_terms_in_it_are_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize("text", ["em muốn hỏi how to reset", "cho em hỏi cái form này là what", "password", "1 2 3"])
def test_mixed_sentences_say_no_language(text: str) -> None:
    assert language_of(text) != "en"


def test_hardly_any_vietnamese_example_is_english() -> None:
    texts = [example.text for example in read_examples(ROOT / "data")]
    texts += [gold.text for path in gold_files(ROOT) for gold in read_gold(path)]
    english = [text for text in texts if language_of(text) == "en"]
    with_accents = [text for text in english if any(char in "ăâđêôơưáàạảãấầậẩẫ" for char in text.lower())]
    assert with_accents == []
    assert len(english) <= _WRITTEN_IN_ENGLISH * len(texts), english


def test_english_is_known_as_such() -> None:
    texts = [row["text"] for row in _gold()]
    missed = [text for text in texts if language_of(text) != "en"]
    assert len(missed) <= len(texts) // 20, missed


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("English", "en"), ("in English please", "en"),
        ("Chào bạn, can you speak English?", "en"), ("tiếng Anh", "en"), ("can you speak english?", "en"),
        ("tiếng Việt", "vi"), ("back to Vietnamese please", "vi"), ("nói tiếng việt đi", "vi"),
        ("app có tiếng Anh không", None), ("I lost my English book", None), ("em học tiếng Anh", None),
    ],
)  # fmt: skip
def test_a_language_is_wished_for_by_words_that_say_nothing_else(text: str, language: str | None) -> None:
    assert wished(text) == language


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Chào, tôi là John. Can you speak English?", ("en", "Chào, tôi là John.")),
        ("I forgot it. Tiếng Việt nhé", ("vi", "I forgot it.")),
        ("Quên mật khẩu. Mất sim.", None), ("English please", None),
    ],
)  # fmt: skip
def test_a_language_is_wished_for_beside_something_else(text: str, found: tuple[str, str] | None) -> None:
    assert wished_beside(text) == found


def test_no_english_example_is_a_gold_text() -> None:
    gold = {row["text"].lower() for row in _gold() if len(row["text"].split()) > 4}
    assert [example.text for example in read_english(ROOT / "data") if example.text.lower() in gold] == []


def test_english_questions_are_read_right(parser: Parser) -> None:
    rows = _gold()
    wrong = []
    for row in rows:
        found = parser.parse(row["text"])
        if row["intent"] not in (found["intent"], found["topic"]):
            wrong.append((row["text"], row["intent"], found["intent"]))
    assert len(wrong) <= len(rows) * 0.12, wrong
