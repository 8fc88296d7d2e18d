"""Plays scripts against anything that speaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.conversation_tests.checks import differences, in_words
from assistant.conversation_tests.house_rules import broken_rules
from assistant.conversation_tests.model import ANSWERED, IN_WORDS, Answer, Finding, Script, Speak, Step


@dataclass(frozen=True)
class PlayedTurn:
    """A turn of a person: whether it passed, and what it was answered with.

    `later` tells that it is in words and not the conversation's first; `answered` is the topic or intent that
    answered; `only_words` tells that no more than the words of the answer are not as expected. A turn that was not
    reached since an earlier one could not be done has not passed.
    """

    line: int
    kind: str
    said: str
    later: bool
    passed: bool
    answered: str = ""
    messages: tuple[str, ...] = ()
    only_words: bool = False


@dataclass
class Played:
    """A script with what became of its turns, and every difference that was found."""

    script: Script
    turns: list[PlayedTurn] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether rates are told by it: what is only wanted counts once it passes."""
        return not self.script.wanted or all(turn.passed for turn in self.turns)


def play(script: Script, speak: Speak) -> list[Finding]:
    """Plays a script as one new person; returns what differs from what is expected."""
    return played(script, speak).findings


def played(script: Script, speak: Speak) -> Played:
    """Plays a script as one new person; returns what became of each turn."""
    result = Played(script)
    own: list[str] = []
    heard: list[str] = []
    broken_off = False
    for step in script.steps:
        if step.act.kind in IN_WORDS:
            own += step.act.values
        answer, words, others = Answer(), [], ["chưa chơi tới bước này."]
        if not broken_off:
            try:
                answer = speak(step.act)
                words, others = list(in_words(step.expected, answer)), _others(step, answer, own, heard)
            except LookupError as error:  # a button that was never shown
                broken_off, others = True, [str(error)]
            result.findings += [
                Finding(script.path, step.line, message) for message in _told([*words, *others], answer, broken_off)
            ]
        heard += answer.texts
        if step.act.kind in ANSWERED:
            result.turns.append(_turn(step, answer, words, others, later=bool(result.turns)))
    return result


def _told(messages: list[str], answer: Answer, broken_off: bool) -> list[str]:
    """Returns what differs and, where there was an answer, what it was."""
    if not messages or broken_off:
        return messages
    return [*messages, f"trợ lý đã trả lời: {' / '.join(answer.texts) or '(không có gì)'}"]


def _turn(step: Step, answer: Answer, words: list[str], others: list[str], *, later: bool) -> PlayedTurn:
    return PlayedTurn(
        line=step.line,
        kind=step.kind,
        said=" / ".join(step.act.values),
        later=later and step.act.kind in IN_WORDS,
        passed=not words and not others,
        answered=str(answer.reading.get("topic") or answer.intent),
        messages=(*words, *others),
        only_words=bool(words) and not others,
    )


def _others(step: Step, answer: Answer, own: list[str], heard: list[str]) -> list[str]:
    messages = [*differences(step.expected, answer, heard), *broken_rules(answer, own)]
    if step.act.kind in ANSWERED and not step.expected.silent and not answer.texts:
        messages.append("trợ lý không trả lời gì.")
    return messages
