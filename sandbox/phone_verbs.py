"""What jambonz accepts of the verbs we may send, by its own specification (@jambonz/verb-specifications 0.1.13).

One bad verb and the whole answer is refused, as there.
"""

from __future__ import annotations

from typing import Any

_TEXT, _NUMBER, _FLAG, _LIST, _OBJECT = str, (int, float), bool, list, dict
#: Verb → property → type; None beside the type: it must be there.
_VERBS: dict[str, dict[str, Any]] = {
    "config": {"synthesizer": _OBJECT, "recognizer": _OBJECT, "disableTtsCache": _FLAG},
    "say": {"text": _TEXT, "loop": _NUMBER, "synthesizer": _OBJECT, "disableTtsCache": _FLAG, "earlyMedia": _FLAG},
    "pause": {"length": _NUMBER},
    "gather": {
        "input": _LIST, "minDigits": _NUMBER, "maxDigits": _NUMBER, "numDigits": _NUMBER, "finishOnKey": _TEXT,
        "interDigitTimeout": _NUMBER, "timeout": _NUMBER, "dtmfBargein": _FLAG, "bargein": _FLAG,
        "listenDuringPrompt": _FLAG, "recognizer": _OBJECT, "say": _OBJECT, "play": _OBJECT, "actionHook": _TEXT,
    },
    "dial": {
        "target": _LIST, "callerId": _TEXT, "answerOnBridge": _FLAG, "timeout": _NUMBER, "timeLimit": _NUMBER,
        "actionHook": _TEXT,
    },
    "redirect": {"actionHook": _TEXT},
    "hangup": {"headers": _OBJECT},
}  # fmt: skip
_NEEDED = {"say": {"text"}, "pause": {"length"}, "gather": {"actionHook", "minDigits"}, "dial": {"target"}}
_NEEDED |= {"redirect": {"actionHook"}}


class BadVerbs(ValueError):
    """An answer that jambonz would refuse."""


def check(answer: Any) -> list[dict[str, Any]]:
    """Returns the verbs of an answer.

    Raises:
        BadVerbs: if it is none.
    """
    if not isinstance(answer, list) or not answer:
        raise BadVerbs("not an array of verbs")
    for verb in answer:
        _check(verb)
    return answer


def _check(verb: Any) -> None:
    name = verb.get("verb") if isinstance(verb, dict) else None
    if name not in _VERBS:
        raise BadVerbs(f"invalid instruction: {name}")
    for key, value in verb.items():
        if key in ("verb", "id"):
            continue
        if key not in _VERBS[name]:
            raise BadVerbs(f"{name}: unknown property {key}")
        if not isinstance(value, _VERBS[name][key]):
            raise BadVerbs(f"{name}: {key} has the wrong type")
    if missing := _NEEDED.get(name, set()) - verb.keys():
        raise BadVerbs(f"{name}: missing {', '.join(sorted(missing))}")
    if name == "gather" and isinstance(verb.get("say"), dict):
        _check({"verb": "say", **verb["say"]})
