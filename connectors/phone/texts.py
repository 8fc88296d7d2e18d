"""The texts people hear: data/channels/phone.yml, filled in for the voice or, without any digit, for the transcript."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.settings import ROOT, yaml_files
from connectors.phone import digits
from connectors.phone.steps import Line, Secrets

FILE = Path("channels/phone.yml")
PLACES = re.compile(r"\{(\w+)\}")
#: What stands in a transcript where the voice said digits.
_SHOWN = {"code": "[mã số]", "otp": "[mã một lần]", "question": "[câu hỏi]"}
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Spoken:
    """A text for the voice; a secret one cannot be talked over; of a secret or personal one nobody keeps the sound."""

    text: str
    secret: bool = False
    personal: bool = False


@cache
def texts(data: Path = ROOT / "data") -> dict[str, str]:
    """Returns the texts by name."""
    read = yaml_files.read(data / FILE)
    return {str(name): _SPACES.sub(" ", str(text)).strip() for name, text in read.items()}


def shown(lines: Iterable[Line]) -> str:
    """Returns what was said as staff read it."""
    return " ".join(_filled(line, _SHOWN) for line in lines)


def spoken(lines: Iterable[Line], secrets: Secrets) -> list[Spoken]:
    """Returns what the voice says, digits in words."""
    told = {"code": digits.said(secrets.code), "otp": digits.said(secrets.otp), "question": secrets.question}
    written = texts()
    return [
        Spoken(
            _filled(line, told),
            "{otp}" in written[line.name],
            any(place in written[line.name] for place in ("{code}", "{question}")),
        )
        for line in lines
    ]


def filled(name: str, values: dict[str, str]) -> str:
    """Returns a text that is written, not said."""
    return _filled(Line(name, values), {})


def _filled(line: Line, told: dict[str, str]) -> str:
    values = told | line.values
    return PLACES.sub(lambda place: values[place[1]], texts()[line.name])
