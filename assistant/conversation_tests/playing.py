"""Plays scripts against anything that speaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.conversation_tests.checks import differences
from assistant.conversation_tests.house_rules import broken_rules
from assistant.conversation_tests.model import ANSWERED, IN_WORDS, Answer, Finding, Script, Speak, Step


@dataclass(frozen=True)
class PlayedTurn:
    """A turn of a person: whether it passed, and what it was answered with.

    `later` tells that it is in words and not the conversation's first; `answered` is the topic or intent that
    answered; a turn that was not reached since an earlier one could not be done has not passed.
    """

    line: int
    kind: str
    said: str
    later: bool
    passed: bool
    answered: str = ""
    messages: tuple[str, ...] = ()


@dataclass
class Played:
    """A script with what became of its turns, and every difference that was found."""

    script: Script
    turns: list[PlayedTurn] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def play(script: Script, speak: Speak) -> list[Finding]:
    """Plays a script as one new person; returns what differs from what is expected."""
    return played(script, speak).findings


def played(script: Script, speak: Speak) -> Played:
    """Plays a script as one new person; returns what became of each turn."""
    result = Played(script)
    own: list[str] = []
    heard: list[str] = []
    broken_off = ""
    for step in script.steps:
        if step.act.kind in IN_WORDS:
            own += step.act.values
        answer, messages = Answer(), ["chưa chơi tới bước này."]
        if not broken_off:
            try:
                answer = speak(step.act)
                messages = _messages(step, answer, own, heard)
            except LookupError as error:  # a button that was never shown
                broken_off, messages = str(error), [str(error)]
            result.findings += [Finding(script.path, step.line, message) for message in messages]
        heard += answer.texts
        if step.act.kind in ANSWERED:
            result.turns.append(_turn(step, answer, messages, later=bool(result.turns)))
    return result


def _turn(step: Step, answer: Answer, messages: list[str], *, later: bool) -> PlayedTurn:
    in_words = step.act.kind in IN_WORDS
    answered = answer.reading.get("topic") or answer.intent
    said = " / ".join(step.act.values)
    return PlayedTurn(
        step.line, step.kind, said, later and in_words, not messages, str(answered or ""), tuple(messages)
    )


def _messages(step: Step, answer: Answer, own: list[str], heard: list[str]) -> list[str]:
    messages = [*differences(step.expected, answer, heard), *broken_rules(answer, own)]
    if step.act.kind in ANSWERED and not step.expected.silent and not answer.texts:
        messages.append("trợ lý không trả lời gì.")
    if messages:
        messages.append(f"trợ lý đã trả lời: {' / '.join(answer.texts) or '(không có gì)'}")
    return messages
