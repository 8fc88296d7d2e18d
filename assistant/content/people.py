"""Rows for people: what somebody tells of their situation leads to what is said (data/routes.yml, `people`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from assistant.content.errors import ContentError
from assistant.content.reading_examples import FACTS
from assistant.settings import yaml_files


class Meant(NamedTuple):
    """What yes and no to a row's question mean: a button that is pressed, and a fact that is told (or a button)."""

    yes: str
    no: str


#: What a row may ask at its end: for an e-mail that works, the registered SIM, VNeID level 2.
QUESTIONS = {
    "email": Meant("reset_password", "no_email"),
    "sim": Meant("faq/hotline", "no_phone"),
    "vneid": Meant("faq/login_vneid", "faq/office"),
}


@dataclass(frozen=True)
class PersonRow:
    """Where all of `facts` are known and none of `without`, `say` is said: a response's name."""

    facts: frozenset[str]
    without: frozenset[str]
    say: str
    why: str
    asks: str = ""  # what the text ends in asking: a key of QUESTIONS

    def fits(self, known: Collection[str]) -> bool:
        """Tells whether the row is for somebody of whom `known` is known."""
        return self.facts <= set(known) and not self.without & set(known)


def read_people(path: Path) -> tuple[PersonRow, ...]:
    """Reads the rows, in order; an installation without them has none.

    Raises:
        ContentError: if a row lacks a part or names a fact that is not known.
    """
    raw = yaml_files.read(path) if path.exists() else {}
    return tuple(_row(number, row, path) for number, row in enumerate((raw or {}).get("people") or (), 1))


def _row(number: int, row: object, path: Path) -> PersonRow:
    if not isinstance(row, dict) or not row.get("facts") or not row.get("say") or not row.get("why"):
        raise ContentError(f"{path}: people, dòng thứ {number} cần có facts, say và why.")
    facts, without = frozenset(row["facts"]), frozenset(row.get("without") or ())
    if unknown := sorted((facts | without) - set(FACTS)):
        raise ContentError(f"{path}: people, dòng thứ {number} gọi {', '.join(unknown)}; không có sự việc tên đó.")
    asks = str(row.get("asks") or "")
    if asks and asks not in QUESTIONS:
        raise ContentError(f"{path}: people, dòng thứ {number}: asks chỉ nhận {', '.join(QUESTIONS)}.")
    return PersonRow(facts, without, str(row["say"]), str(row["why"]), asks)
