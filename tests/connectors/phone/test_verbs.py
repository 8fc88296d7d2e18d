"""Every answer of every branch against what jambonz takes, and the rules that its validators do not know.

Judges are our own stand-in and jambonz's two npm packages, each of which finds what the other passes.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assistant.desk.handover import Desk
from assistant.settings import ROOT
from sandbox.phone_verbs import BadVerbs, check
from tests.connectors.phone.conftest import CODE, House, Open

VOICE = {"vendor": "microsoft", "language": "vi-VN", "voice": "vi-VN-HoaiMyNeural"}
BRANCHES: list[tuple[str, ...]] = [
    ("-", "-", "-"), ("1", "*", "0"), ("8", f"{CODE}#", "2", f"{CODE}#", "1"),
    ("8", "7999999999#", "1", "1", "7999999999#", "1", "1", "7999999999#", "1"), ("8", "123#", "*#", "0#"),
]  # fmt: skip
Verbs = list[dict[str, Any]]
NODE, PACKAGES = shutil.which("node"), ROOT / ".tools/jambonz"
HERE = NODE is not None and (PACKAGES / ".installed").exists()


async def _answers(house: House, steps: tuple[str, ...]) -> list[Verbs]:
    call = await house.calls()
    found = [call.answer]
    for keys in steps:
        await (house.switch.idle(call) if keys == "-" else house.switch.press(call, keys))
        found.append(call.answer)
    return found


def _refused(answers: list[Any]) -> list[str]:
    """Returns what jambonz's own validators refuse of some answers."""
    assert NODE
    found = subprocess.run(
        [NODE, str(Path(__file__).with_name("validate.js")), str(PACKAGES)], input=json.dumps(answers),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return found.stdout.splitlines()


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
    if HERE:
        assert _refused(answers) == []
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


@pytest.mark.skipif(not HERE, reason="needs jambonz's validators from npm (scripts/need-packages)")
@pytest.mark.parametrize(
    ("answer", "by"),
    [
        ([{"verb": "say", "text": "x", "voice": "y"}], {"verb-specifications"}),
        ([{"verb": "gather", "actionHook": "/x", "input": ["keys"]}], {"schema"}),
        ([{"verb": "speak", "text": "x"}], {"verb-specifications", "schema"}),
        ([{"verb": "gather", "numDigits": "10", "actionHook": "/x"}], {"verb-specifications", "schema"}),
    ],
)
def test_jambonz_s_own_validators_judge_at_all_and_each_finds_what_the_other_passes(
    answer: Verbs, by: set[str]
) -> None:
    assert {line.split()[1].rstrip(":") for line in _refused([answer])} == by


@pytest.mark.parametrize("ear", [None, {"vendor": "microsoft"}])
def test_questions_for_staff_and_calls_that_are_put_through_are_answers_jambonz_takes(
    line: Open, ear: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def go() -> list[Verbs]:
        found = []
        async with line(desk="02400000000", ear=ear, engine=lambda: None, written_to=lambda *_: "sms:x") as house:
            for in_hours in (True, False):
                monkeypatch.setattr(Desk, "in_hours", lambda self, at, is_so=in_hours: is_so)
                call = await house.calls("0")
                found.append(call.answer)
                await house.switch.dialled(call, "no-answer")
                await house.switch.press(call, "1")
                await house.switch.say(call, "cho tôi hỏi lương hưu của mẹ tôi")
                found.append(call.answer)
            return found

    answers = asyncio.run(go())
    for verbs in answers:
        follows_our_rules(verbs)
    if HERE:
        assert _refused(answers) == []
