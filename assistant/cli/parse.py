"""`assistant parse`: what the assistant makes of a text, by itself or where a conversation stands."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import orjson
import typer

from assistant.settings import Settings

#: What may be said of the conversation before the text, and what each has to be.
_CONTEXT: dict[str, type] = {"topic": str, "open": str, "slot": str, "facts": list, "danger": bool}
_SHOWN = 5  # of the ranking


class _Unreadable(ValueError):
    """A line cannot be parsed; the message says what it needs (Vietnamese)."""


def parse(
    text: Annotated[list[str] | None, typer.Argument(help="texts to read; without any, JSON lines from stdin")] = None,
    topic: Annotated[str | None, typer.Option(help="what is talked about: faq/hotline, reset, mail_sent …")] = None,
    open_: Annotated[str | None, typer.Option("--open", help="what is asked: yes_no, choice, confirm")] = None,
    slot: Annotated[str | None, typer.Option(help="the slot that a form asks for: bhxh_code, contact")] = None,
    fact: Annotated[
        list[str] | None, typer.Option(help="what the person has told: no_email, abroad … (repeat)")
    ] = None,
    danger: Annotated[bool, typer.Option("--danger", help="the person was just deceived")] = False,
) -> None:
    """Reads JSON lines {"text": …} and writes each back with intent, topic, facet, facts, act, rule and ranking.

    A line may say where its conversation stands: {"text": "mất phí không", "topic": "faq/hotline", "open": "yes_no",
    "facts": ["no_email"], "slot": "contact", "danger": true}; options say it for all lines.
    """
    options = {"topic": topic, "open": open_, "slot": slot, "facts": fact, "danger": danger}
    usual = {name: value for name, value in options.items() if value}
    from assistant.rasa import training

    path = training.current_model(Settings())
    from assistant.rasa.host import Parser

    parser = Parser(path)
    try:
        for line in _lines(text):
            context = _context(usual | line, parser.form_slots)
            found = parser.parse(line["text"], context)
            found["ranking"] = _shortened(found["ranking"])
            told = {"context": context} if context is not None else {}
            own = {name: value for name, value in line.items() if name not in _CONTEXT}
            typer.echo(json.dumps(own | told | found, ensure_ascii=False))
    except _Unreadable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


def _lines(texts: list[str] | None) -> Iterator[dict[str, Any]]:
    if texts:
        yield from ({"text": text} for text in texts)
        return
    for number, line in enumerate(sys.stdin.buffer, 1):
        if line.strip():
            yield _given(number, line)


def _given(number: int, line: bytes) -> dict[str, Any]:
    try:
        given: dict[str, Any] = orjson.loads(line)
        if not isinstance(given["text"], str):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise _Unreadable(f'dòng {number}: cần một đối tượng JSON có "text" là chuỗi') from None
    for name, kind in _CONTEXT.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            words = {str: "chuỗi", list: "danh sách", bool: "true hoặc false"}
            raise _Unreadable(f'dòng {number}: "{name}" phải là {words[kind]}')
    return given


def _context(given: dict[str, Any], slots: frozenset[str]) -> dict[str, Any] | None:
    """Returns what is said of the conversation; None if nothing is: the text is read by itself."""
    from assistant.content.reading_examples import FACTS
    from assistant.reading.model import OpenKind

    context = {name: given[name] for name in _CONTEXT if given.get(name) is not None}
    known = {"open": set(get_args(OpenKind)), "slot": {"", *slots}, "facts": set(FACTS)}
    for name, allowed in known.items():
        said = context.get(name) or []
        for value in said if isinstance(said, list) else [said]:
            if value not in allowed:
                raise _Unreadable(
                    f"{name}: không có “{value}”; có thể dùng: {', '.join(sorted(filter(None, allowed)))}"
                )
    return context or None


def _shortened(ranking: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": guess["name"], "confidence": round(float(guess["confidence"]), 4)} for guess in ranking[:_SHOWN]]
