"""Checks a form that was sent, and lays out the paper that it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.declarations.content import fields, texts
from assistant.declarations.model import Answers, Field, Form, Section, Signer
from assistant.declarations.values import Unreadable, read


def asked(form: Form, section: Section) -> dict[str, Field]:
    """Returns the fields of a section that the page asks for."""
    return {name: field for name in section.fields if (field := fields()[name]).kind != "by_hand"}


def check(form: Form, typed: Mapping[str, str]) -> tuple[Answers, dict[str, str]]:
    """Returns the answers of a sent form, and what is wrong with it: a sentence for each such field."""
    answers: Answers = {}
    wrong: dict[str, str] = {}
    all_asked = {name: field for section in form.sections for name, field in asked(form, section).items()}
    for name, field in all_asked.items():
        try:
            answers[name] = read(field, typed.get(name, ""), texts().email_typos)
        except Unreadable as unreadable:
            wrong[name] = texts().errors[unreadable.reason].format(**unreadable.details)
    for name, field in all_asked.items():
        needed = name in form.required or (field.only_when and field.holds(answers))
        if needed and not answers.get(name) and name not in wrong:
            wrong[name] = texts().errors["choice" if field.kind == "choice" else "required"]
    if not any(answers.get(name) or name in wrong for name in form.one_of):
        wrong[form.one_of[0]] = texts().errors["one_of"]
    return answers, {name: wrong[name] for name in all_asked if name in wrong}


@dataclass(frozen=True)
class Line:
    """A numbered line of the paper. An empty value is a dotted line to write on; `boxed` digits stand in boxes."""

    number: int
    label: str
    value: str
    boxed: bool
    long: bool


@dataclass(frozen=True)
class Part:
    """A headed part of the paper."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Paper:
    """What stands on the paper, whatever it is made of."""

    form: Form
    words: dict[str, str]
    parts: tuple[Part, ...]
    signers: tuple[tuple[Signer, str], ...]


def lay_out(form: Form, answers: Answers) -> Paper:
    """Returns the paper of checked answers."""
    counter = iter(range(1, 100))
    parts = tuple(Part(section.printed, tuple(_lines(section, answers, counter))) for section in form.sections)
    signers = tuple((signer, answers.get(signer.signs, "")) for signer in form.signers if signer.holds(answers))
    return Paper(form, texts().paper, parts, signers)


def _lines(section: Section, answers: Answers, counter: Iterator[int]) -> Iterator[Line]:
    for name in section.fields:
        field = fields()[name]
        if not field.holds(answers):
            continue
        value = answers.get(name, "")
        if field.kind == "choice":
            value = (field.printed_choices or field.choices)[value]
        boxed = bool(value) and field.kind in ("citizen_id", "code")
        yield Line(next(counter), field.printed or field.label, value, boxed, field.kind in ("long_text", "by_hand"))
