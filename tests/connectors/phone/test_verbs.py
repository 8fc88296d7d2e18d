"""Every answer of every branch against what jambonz takes, and the rules that its validators do not know.

`VERBS_TO=FILE pytest tests/connectors/phone/test_verbs.py -n 0` writes the answers as JSON lines, for
`@jambonz/verb-specifications` and `@jambonz/schema` (connectors/phone/README.md).
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from assistant.desk.handover import Desk
from sandbox.phone_verbs import BadVerbs, check
from tests.connectors.phone.conftest import CODE, House, Open

VOICE = {"vendor": "microsoft", "language": "vi-VN", "voice": "vi-VN-HoaiMyNeural"}
BRANCHES: list[tuple[str, ...]] = [
    ("-", "-", "-"), ("1", "*", "0"), ("8", f"{CODE}#", "2", f"{CODE}#", "1"),
    ("8", "7999999999#", "1", "1", "7999999999#", "1", "1", "7999999999#", "1"), ("8", "123#", "*#", "0#"),
]  # fmt: skip
Verbs = list[dict[str, Any]]


async def _answers(house: House, steps: tuple[str, ...]) -> list[Verbs]:
    call = await house.calls()
    found = [call.answer]
    for keys in steps:
        await (house.switch.idle(call) if keys == "-" else house.switch.press(call, keys))
        found.append(call.answer)
    return found


def _keep(answers: list[Verbs]) -> None:
    if place := os.environ.get("VERBS_TO"):
        with Path(place).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)


def follows_our_rules(verbs: Verbs) -> None:
    """Fails where an answer breaks a rule that the contract's traps taught."""
    check(verbs)
    for place, verb in enumerate(verbs):
        words = verb.get("text") if verb["verb"] == "say" else verb.get("say", {}).get("text", "-")
        assert isinstance(words, str)
        assert words.strip()
        assert len(words) <= 900
        if "actionHook" in verb:
            assert verb["actionHook"].startswith("/webhooks/phone/step?s=")
            assert verb["actionHook"].endswith("#rc=3&rp=all")
        if verb["verb"] == "gather":
            assert verb["minDigits"] == 1
            assert verb["interDigitTimeout"] >= 3
            assert [later["verb"] for later in verbs[place + 1 :]] == ["say", "redirect", "say", "hangup"]
            assert "Mã là" not in verb["say"]["text"]
        if "Mã là" in str(verb.get("text")):
            assert verb["disableTtsCache"] is True
    assert verbs[-1]["verb"] == "hangup"
    assert "tag" not in {verb["verb"] for verb in verbs}


@pytest.mark.parametrize("way", ["call_back", "in_call"])
@pytest.mark.parametrize("steps", BRANCHES, ids=lambda steps: "_".join(steps)[:20])
def test_every_answer_is_one_that_jambonz_takes(
    line: Open, way: str, steps: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "in_hours", lambda self, at: True)

    async def go() -> list[Verbs]:
        async with line(way=way, desk="02400000000", voice=VOICE) as house:
            answers = await _answers(house, steps)
            if back := await house.rung_back():
                await house.switch.take(back)
                answers.append(back.answer)
                await house.switch.press(back, "1")
                answers.append(back.answer)
            return answers

    answers = asyncio.run(go())
    _keep(answers)
    for verbs in answers:
        follows_our_rules(verbs)
    assert answers[0][0] == {"verb": "config", "synthesizer": VOICE}


@pytest.mark.parametrize(
    "answer",
    [
        None, {}, [], [{"verb": "say"}], [{"verb": "speak", "text": "x"}], [{"verb": "say", "text": ["a", "b"]}],
        [{"verb": "say", "text": "x", "voice": "y"}], [{"verb": "gather", "input": ["digits"], "actionHook": "/x"}],
        [{"verb": "gather", "minDigits": 1, "actionHook": "/x", "say": {"txt": "a"}}], [{"verb": "pause"}],
        [{"verb": "gather", "minDigits": "1", "actionHook": "/x"}],
    ],
)  # fmt: skip
def test_the_stand_in_refuses_what_jambonz_refuses(answer: Any) -> None:
    with pytest.raises(BadVerbs):
        check(answer)
