"""Says in Vietnamese what of an answer is not as a script expects it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from assistant.conversation_tests.model import Answer, Expected

#: From this length on a text said twice word for word is noticed; shorter ones may come again.
LONG = 150


def plain(text: str) -> str:
    """Returns a text as texts are compared: without regard to case, accents' encoding and spacing."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def differences(expected: Expected, answer: Answer, before: Sequence[str] = ()) -> Iterator[str]:
    """Yields what differs beside the words (`in_words`): what was read, how things stand, what comes twice.

    Args:
        expected: what a step expects.
        answer: what came back.
        before: the texts that the assistant said earlier in this conversation.
    """
    yield from _reading(expected, answer)
    yield from _state(expected, answer)
    if expected.no_repeat:
        for text in answer.texts:
            if len(text) > LONG and text in before:
                yield f"câu trả lời lặp lại nguyên văn: “{text[:60]}…”."


def in_words(expected: Expected, answer: Answer) -> Iterator[str]:
    """Yields what differs in the words and buttons of an answer."""
    yield from _words(expected, answer)
    yield from _patterns(expected, answer)


def _words(expected: Expected, answer: Answer) -> Iterator[str]:
    heard = plain("\n".join(answer.texts))
    for wanted in expected.bot:
        if plain(wanted) not in heard:
            yield f"câu trả lời thiếu “{wanted}”."
    if expected.any and not any(plain(wanted) in heard for wanted in expected.any):
        yield f"câu trả lời không có câu nào trong: {'; '.join(expected.any)}."
    for unwanted in expected.not_:
        if plain(unwanted) in heard:
            yield f"câu trả lời không được có “{unwanted}”."
    for title in expected.buttons:
        if plain(title) not in [plain(button) for button in answer.buttons]:
            yield f"thiếu nút “{title}”; các nút đang có: {', '.join(answer.buttons) or 'không có'}."


def _patterns(expected: Expected, answer: Answer) -> Iterator[str]:
    """Patterns are looked for in what was said and in the buttons' titles."""
    heard = unicodedata.normalize("NFC", "\n".join([*answer.texts, *answer.buttons]))
    for wanted in expected.must:
        if not wanted.search(heard):
            yield f"câu trả lời thiếu “{wanted.pattern}”."
    for unwanted in expected.must_not:
        if found := unwanted.search(heard):
            yield f"câu trả lời không được có “{found[0]}”."


def _reading(expected: Expected, answer: Answer) -> Iterator[str]:
    for name, wanted, found in (
        ("chủ đề", expected.topic, answer.topic),
        ("khía cạnh", expected.facet, str(answer.reading.get("facet") or "")),
    ):
        if wanted is not None and found != wanted:
            yield f"{name} được hiểu là “{found or 'không có'}”, cần là “{wanted or 'không có'}”."
    known = set(answer.reading.get("facts") or ())
    if expected.facts == () and known:
        yield f"không được ghi nhận tình huống nào, nhưng có: {', '.join(sorted(known))}."
    for fact in expected.facts or ():
        if fact not in known:
            yield f"chưa ghi nhận tình huống “{fact}”; đang biết: {', '.join(sorted(known)) or 'không có'}."


def _state(expected: Expected, answer: Answer) -> Iterator[str]:
    if expected.form is not None and answer.form != expected.form:
        yield f"biểu mẫu đang mở là “{answer.form or 'không có'}”, cần là “{expected.form or 'không có'}”."
    for name in expected.filled:
        if answer.slots.get(name) is None:
            yield f"ô {name} đang trống, cần có giá trị."
    for name in expected.empty:
        if answer.slots.get(name) is not None:
            yield f"ô {name} còn giá trị, cần trống."
    if expected.mail == "" and answer.mails:
        yield f"không được gửi thư, nhưng đã xếp thư {', '.join(answer.mails)}."
    if expected.mail and expected.mail not in answer.mails:
        yield f"thiếu thư {expected.mail}; đã xếp: {', '.join(answer.mails) or 'không có'}."
    for secret in expected.not_kept:
        if secret in answer.kept:
            yield f"“{secret}” còn nằm trong kho dữ liệu."
    if expected.silent and answer.texts:
        yield "trợ lý phải im lặng vì nhân viên đang trả lời."
