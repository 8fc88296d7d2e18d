"""How often a secret is missed and how often an ordinary message loses a word, on texts of people, banks and apps.

`secrets/tuning.txt` is what the rules were made on; `held_out.txt` and the sets in `later.txt`, `in_all_ways.txt` and
`in_pieces.txt` were measured once they stood, and mended after.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from assistant.identifiers import tokens

_MARK = re.compile(r"\[\[(.+?)\]\]")
KEY = b"k" * 32
HALVES = ("tuning", "held_out", "later", "in_all_ways", "in_pieces")


@dataclass(frozen=True)
class Case:
    """A text, and the places of what must not be kept."""

    text: str
    secrets: tuple[str, ...]


def cases(half: str) -> list[Case]:
    lines = (Path(__file__).parent / "secrets" / f"{half}.txt").read_text(encoding="utf-8").splitlines()
    written = [line.replace("\\n", "\n") for line in lines if line and not line.startswith("# ")]
    return [Case(_MARK.sub(r"\1", line), tuple(_MARK.findall(line))) for line in written]


def kept(text: str) -> str:
    return tokens.protect(text, "web:a", KEY).text


def missed(case: Case) -> bool:
    return any(secret in kept(case.text) for secret in case.secrets)


def is_false_alarm(case: Case) -> bool:
    return not case.secrets and "⟦secret⟧" in kept(case.text)


def test_hardly_a_secret_is_missed() -> None:
    told = [case for half in HALVES for case in cases(half) if case.secrets]
    assert len(told) >= 1500
    lost = [case.text for case in told if missed(case)]
    assert len(lost) <= len(told) * 0.01, lost


def test_hardly_an_ordinary_message_loses_a_word() -> None:
    ordinary = [case for half in HALVES for case in cases(half) if not case.secrets]
    assert len(ordinary) >= 1500
    alarms = [case.text for case in ordinary if is_false_alarm(case)]
    assert len(alarms) <= len(ordinary) * 0.02, alarms
