"""Writes an answer as jambonz's verbs (0.9 and 10).

Every gather has `minDigits` and `interDigitTimeout`, without which typed keys are lost, and verbs behind it: where
our answer to its hook does not come, the call goes on with them, asks once more where it stands, and says goodbye.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.phone.settings import Ear, Jambonz
from connectors.phone.steps import Ask
from connectors.phone.texts import Spoken, texts
from connectors.phone.turns import Told

#: Tries of a hook beyond the first: 0.5, 1 and 2 seconds apart; "all" is the one word that covers slow answers, too.
RETRIES = "#rc=3&rp=all"
_LONGEST_NUMBER = 32  # a number, the star, and the number once more
_FIRST_KEY_SECONDS, _BETWEEN_KEYS_SECONDS = 10, 5
_RINGS_SECONDS = 40


def verbs(told: Told, hook: str, jambonz: Jambonz, desk: str, number: str) -> list[dict[str, Any]]:
    """Returns the verbs of an answer.

    Args:
        told: the answer.
        hook: where the next step goes, with its token.
        jambonz: the server, with its voice.
        desk: the number that a call is put through to.
        number: this line's, which the desk sees.
    """
    found = _opening(told, jambonz)
    if told.answer.through:
        found += [*map(_say, told.lines), _dial(hook, jambonz, desk, number)]
        return [*found, _say(Spoken(texts()["person_busy"])), {"verb": "hangup"}]
    if not told.answer.ask:
        return [*found, *map(_say, told.lines), {"verb": "hangup"}]
    # What a key may cut short stands in the gather; a secret, and what is before it, stands by itself.
    last = max((place for place, line in enumerate(told.lines) if line.secret), default=-1)
    found += map(_say, told.lines[: last + 1])
    return [*found, _gather(told.lines[last + 1 :], told.answer.ask, hook, jambonz.ear), *_tail(hook)]


def _opening(told: Told, jambonz: Jambonz) -> list[dict[str, Any]]:
    if told.step != 1 or jambonz.voice is None:
        return []
    return [{"verb": "config", "synthesizer": jambonz.voice.model_dump()}]


def _say(line: Spoken) -> dict[str, Any]:
    return {"verb": "say", "text": line.text} | ({"disableTtsCache": True} if line.secret else {})


def _gather(lines: Sequence[Spoken], ask: Ask, hook: str, ear: Ear | None) -> dict[str, Any]:
    number = ask == "number"
    hears = ear is not None and ask in ("number", "words")
    return {
        "verb": "gather",
        "input": ["digits", "speech"] if hears else ["digits"],
        "minDigits": 1,
        "maxDigits": _LONGEST_NUMBER if number else 1,
        **({"finishOnKey": "#"} if number else {}),
        "interDigitTimeout": _BETWEEN_KEYS_SECONDS,
        "timeout": _FIRST_KEY_SECONDS,
        "dtmfBargein": True,
        "actionHook": f"{hook}{RETRIES}",
        "say": {"text": " ".join(line.text for line in lines)} | _kept_nowhere(lines),
        **({"recognizer": _recognizer(ear, number)} if ear and hears else {}),
    }


def _kept_nowhere(lines: Sequence[Spoken]) -> dict[str, Any]:
    return {"disableTtsCache": True} if any(line.personal for line in lines) else {}


def _recognizer(ear: Ear, number: bool) -> dict[str, Any]:
    """Returns who listens: until a pause, as a code is said in pieces; # ends it, too."""
    ends = {"asrDtmfTerminationDigit": "#"} if number else {}
    return {"vendor": ear.vendor, "language": ear.language, "asrTimeout": ear.pause, **ends}


def _tail(hook: str) -> list[dict[str, Any]]:
    """Returns what is done where no answer came: a word, the same step once more, goodbye."""
    say = texts()
    return [
        {"verb": "say", "text": say["wait"]},
        {"verb": "redirect", "actionHook": f"{hook}{RETRIES}"},
        {"verb": "say", "text": say["sorry"]},
        {"verb": "hangup"},
    ]


def _dial(hook: str, jambonz: Jambonz, desk: str, number: str) -> dict[str, Any]:
    target = {"type": "phone", "number": desk} | ({"trunk": jambonz.desk_trunk} if jambonz.desk_trunk else {})
    return {
        "verb": "dial",
        "target": [target],
        "callerId": "".join(filter(str.isdigit, number)),
        "answerOnBridge": True,
        "timeout": _RINGS_SECONDS,
        "actionHook": f"{hook}{RETRIES}",
    }
