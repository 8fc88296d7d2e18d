"""The ways back into an account: a table from a person's situation to one next step (data/routes.yml)."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from assistant.content.english import EN
from assistant.content.topics import ContentError
from assistant.content.yaml_lines import Block, read_block


class Contact(StrEnum):
    """What the office has on file to reach the owner."""

    EMAIL = "email"
    PHONE = "phone"
    BOTH = "both"
    NEITHER = "neither"
    UNKNOWN = "unknown"  # it is not even known whether there is an account


@dataclass(frozen=True)
class Situation:
    """What decides which way is open to a person."""

    code: bool  # knows the code
    contact: Contact
    mailbox: bool  # can open the mailbox on file
    sim: bool  # has the SIM on file
    password: bool  # remembers the password
    vneid: bool  # has VNeID level 2
    locked: bool  # shut out by too many tries


@dataclass(frozen=True)
class Route:
    """One way: what is said (a response), what it costs, how long it takes."""

    name: str
    title: str
    response: str
    fee: str
    time: str
    then: str = ""  # the intent a plain "yes" after it means
    in_english: tuple[str, str] = ("", "")  # fee and time

    def costs(self, language: str) -> tuple[str, str]:
        """Returns fee and time in a language; in the default where they do not stand in it."""
        fee, time = self.in_english if language == EN else ("", "")
        return fee or self.fee, time or self.time


@dataclass(frozen=True)
class Row:
    """One row of the table: it decides every situation it fits and no row before it does."""

    when: Mapping[str, frozenset[Any]]
    route: Route
    why: str
    line: int

    def fits(self, situation: Situation) -> bool:
        """Tells whether all conditions hold."""
        return all(getattr(situation, name) in values for name, values in self.when.items())


@dataclass(frozen=True)
class Question:
    """A question of the short dialogue, asked if the answers so far are these."""

    about: str
    when: Mapping[str, bool]

    @property
    def response(self) -> str:
        """The response that asks it."""
        return f"utter_advice_{self.about}"


@dataclass(frozen=True)
class Table:
    """All of data/routes.yml."""

    routes: Mapping[str, Route]
    rows: tuple[Row, ...]
    questions: tuple[Question, ...]


YES, NO = "có", "không"
VALUES: dict[str, dict[str, Any]] = {
    field.name: {str(value): value for value in Contact} if field.name == "contact" else {YES: True, NO: False}
    for field in dataclasses.fields(Situation)
}
#: What the dialogue can ask; the contact on file follows from the mailbox and the SIM.
ASKABLE = frozenset(VALUES) - {"contact", "locked"}


def situations() -> Iterator[Situation]:
    """Returns every cell of the table."""
    for values in itertools.product(*(values.values() for values in VALUES.values())):
        yield Situation(*values)


def row_for(situation: Situation, table: Table) -> Row:
    """Returns the row that decides a situation.

    Raises:
        LookupError: if none does; `read_table` lets no such table through.
    """
    for row in table.rows:
        if row.fits(situation):
            return row
    raise LookupError(situation)


def decide(situation: Situation, table: Table) -> Route:
    """Returns the one next step in a situation."""
    return row_for(situation, table).route


def read_table(path: Path) -> Table:
    """Reads and checks the table.

    Raises:
        ContentError: if a name is unknown, a cell has no row, a row decides no cell or a way is never taken.
    """
    raw = read_block(path)
    raw.check(("routes", "rows", "questions"), ("people",))
    routes = {name: _route(name, raw.block("routes").block(name)) for name in raw.block("routes")}
    rows = tuple(_row(block, routes) for block in raw.blocks("rows"))
    table = Table(routes, rows, tuple(_question(block) for block in raw.blocks("questions")))
    _check_cells(table, raw)
    return table


def _route(name: str, block: Block) -> Route:
    block.check(("title", "response", "fee", "time"), ("then", EN))
    english = block.block(EN)
    if english:
        english.check(("fee", "time"))
    texts = {key: block.text(key) for key in block if key != EN}
    return Route(name, **texts, in_english=(english.text("fee"), english.text("time")))


def _row(block: Block, routes: Mapping[str, Route]) -> Row:
    block.check(("route", "why"), ("when",))
    name = block.text("route")
    if name not in routes:
        raise block.wrong(f"không có cách tên “{name}” trong routes.", "route")
    when = block.block("when")
    conditions = {key: frozenset(_values(when, key)) for key in when}
    return Row(conditions, routes[name], block.text("why"), block.line)


def _values(when: Block, key: str) -> list[Any]:
    if key not in VALUES:
        raise when.wrong(f"không có điều kiện “{key}”; chỉ có {', '.join(VALUES)}.", key)
    written = when[key] if isinstance(when[key], list) else [when[key]]
    if not written:
        raise when.wrong(f"điều kiện {key} chưa có giá trị.", key)
    for value in written:
        if value not in VALUES[key]:
            raise when.wrong(f"{key} không nhận giá trị “{value}”; chỉ có {', '.join(VALUES[key])}.", key)
    return [VALUES[key][value] for value in written]


def _question(block: Block) -> Question:
    block.check(("ask",), ("when",))
    about, when = block.text("ask"), block.block("when")
    for key, holder in ((about, block), *((key, when) for key in when)):
        if key not in ASKABLE:
            raise holder.wrong(f"không hỏi được về “{key}”; chỉ có {', '.join(sorted(ASKABLE))}.")
    return Question(about, {key: _values(when, key)[0] for key in when})


def _check_cells(table: Table, raw: Block) -> None:
    deciding = set()
    for situation in situations():
        try:
            deciding.add(row_for(situation, table).line)
        except LookupError:
            cell = ", ".join(f"{name} {_said(name, getattr(situation, name))}" for name in VALUES)
            raise raw.wrong(f"không dòng nào nhận tình huống: {cell}.", "rows") from None
    for row in table.rows:
        if row.line not in deciding:
            raise ContentError(
                f"{raw.path}, dòng {row.line}: dòng này không bao giờ được chọn vì các dòng trên đã nhận."
            )
    taken = {row.route.name for row in table.rows}
    for name in table.routes:
        if name not in taken:
            raise raw.block("routes").wrong(f"cách “{name}” không được dòng nào dùng.", name)


def _said(name: str, value: Any) -> str:
    return next(said for said, meant in VALUES[name].items() if meant == value)
