"""What a declaration is: its form, its fields, its paper, and what can go wrong with its link."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

Kind = Literal["tk1_ts", "e_transaction"]
#: Every declaration there is.
KINDS: tuple[Kind, ...] = get_args(Kind)
PaperType = Literal["pdf", "docx"]
Answers = dict[str, str]


class _Content(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Conditional(_Content):
    only_when: Answers = {}

    def holds(self, answers: Answers) -> bool:
        """Tells whether this belongs to a declaration with these answers."""
        return all(answers.get(name) == value for name, value in self.only_when.items())


class Field(_Conditional):
    """One field. A field that is `by_hand` stands on the paper only, to be filled in with a pen."""

    kind: Literal[
        "name", "date", "choice", "citizen_id", "code", "phone", "mobile", "email", "text", "long_text", "by_hand"
    ]
    label: str
    printed: str = ""
    hint: str = ""
    autocomplete: str = "off"
    longest: int = 40
    choices: Answers = {}
    printed_choices: Answers = {}


class Section(_Content):
    """Fields that stand together, on the page and on the paper."""

    title: str
    printed: str
    note: str = ""
    fields: tuple[str, ...]


class Signer(_Conditional):
    """A place to sign; `signs` names the field with the signer's name."""

    title: str
    note: str
    signs: str = ""


class CheckList(_Content):
    """Where to hand the paper in, what to know, or (`tick`) what to bring."""

    title: str
    tick: bool = False
    items: tuple[str, ...]


class Form(_Content):
    """One declaration as data/declarations says it."""

    kind: Kind
    title: str
    short: str
    file: str
    basis: str
    lead: str
    notice: str
    paper_notice: str
    sections: tuple[Section, ...]
    required: tuple[str, ...]
    one_of: tuple[str, ...]
    signers: tuple[Signer, ...]
    closing: str
    small_print: str
    checklist: tuple[CheckList, ...]
    source: tuple[str, ...]
    checked_on: datetime.date


class Texts(_Content):
    """The words that all declarations share."""

    errors: dict[str, str]
    email_typos: dict[str, str]
    page: dict[str, str]
    paper: dict[str, str]


@dataclass(frozen=True)
class Link:
    """A good link: whose, for what, and how far it has come."""

    conversation: str
    kind: Kind
    expires_at: datetime.datetime
    sent: bool
    fetched: bool


class DeclarationError(Exception):
    """Base of what can go wrong here.

    * LinkGone: the link is unknown or expired, or its papers are gone
    * AlreadySent: the form of this link was sent before
    * PaperNotMade: the paper could not be typeset
    """


class LinkGone(DeclarationError):
    """The link is unknown or expired, or its papers are gone."""


class AlreadySent(DeclarationError):
    """The form of this link was sent before."""


class PaperNotMade(DeclarationError):
    """The paper could not be typeset."""
