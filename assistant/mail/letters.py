"""Writes the letters of data/mail: one text for each kind and language, and from it the plain and the HTML part.

A paragraph that is only the link becomes a button with the link in words below; one that begins with "! "
stands in a box. Nothing in a letter is fetched from anywhere: no pictures, no fonts, no tracking.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from assistant.content.languages import DEFAULT, LANGUAGES, Texts, known
from assistant.runtime.times import VIETNAM

_BOXED = "! "
_HOTLINE = "1900 9068"


@dataclass(frozen=True)
class Letter:
    """One letter, written.

    languages: those it is written in.
    name: who sends it, in the first of them; `usual_name` in the default.
    """

    subject: str
    text: str
    html: str
    languages: tuple[str, ...] = (DEFAULT,)
    name: str = ""
    usual_name: str = ""


@dataclass(frozen=True)
class Block:
    """One paragraph of a letter: "text", "boxed" or "link"."""

    kind: str
    html: Markup


@dataclass(frozen=True)
class Part:
    """What a letter says in one language, with the words around it."""

    language: str
    subject: str
    button: str
    paragraphs: list[str]
    blocks: list[Block]
    closing: dict[str, Any]


class Letters:
    """Knows the letters of a folder.

    Args:
        folder: data/mail, with `layout/letter.html` and `layout/closing.yml`.
    """

    def __init__(self, folder: Path) -> None:
        plain = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        html = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True)
        self._page = html.from_string((folder / "layout/letter.html").read_text(encoding="utf-8"))
        self._closing = Texts.read(folder / "layout/closing.yml")
        self._kinds: dict[tuple[str, str], tuple[dict[str, str], jinja2.Template]] = {}
        for path in sorted(folder.glob("*.yml")):
            texts = Texts.read(path)
            for language in LANGUAGES:
                raw = texts.of(language)
                self._kinds[path.stem, language] = (raw, plain.from_string(raw["text"]))

    @property
    def kinds(self) -> list[str]:
        """The names of all kinds."""
        return list(dict.fromkeys(kind for kind, _ in self._kinds))

    def lives(self, minutes: int, language: str) -> str:
        """Returns how long a link lives, in words."""
        words = self._closing.of(language)["times"]
        if minutes % 60:
            return str(words["minutes"]).format(number=minutes)
        return str(words["one_hour" if minutes == 60 else "hours"]).format(number=minutes // 60)

    def moment(self, at: datetime.datetime, language: str) -> str:
        """Returns a moment in words, as clocks in Vietnam show it."""
        return at.astimezone(VIETNAM).strftime(self._closing.of(language)["times"]["moment"])

    def write(self, kind: str, link: str = "", languages: Sequence[str] = (DEFAULT,), **values: Any) -> Letter:
        """Returns a letter of a kind; `link` is the address of its button, if it has one.

        Where nobody knows which language its reader has, it is written in several, one below the other.
        """
        parts = [self._part(kind, language, link, values) for language in languages]
        subject = " / ".join(part.subject for part in parts)
        text = "\n\n".join(
            line
            for part in parts
            for line in (*(each.removeprefix(_BOXED) for each in part.paragraphs), *_closing_of(part.closing))
        )
        preview = parts[0].paragraphs[min(1, len(parts[0].paragraphs) - 1)].removeprefix(_BOXED)
        page = self._page.render(subject=subject, preview=preview, parts=parts, link=link)
        usual = self._closing.of(DEFAULT)["name"]
        return Letter(subject, text + "\n", page, tuple(languages), parts[0].closing["name"], usual)

    def _part(self, kind: str, language: str, link: str, values: dict[str, Any]) -> Part:
        raw, template = self._kinds[kind, known(language)]
        closing = self._closing.of(language)
        written = template.render(link=link, **values)
        paragraphs = [part.strip() for part in re.split(r"\n\s*\n", written) if part.strip()]
        blocks = [_block(part, link) for part in paragraphs]
        button = raw.get("button", closing["button"])
        return Part(known(language), raw["subject"], button, paragraphs, blocks, closing)


def _closing_of(closing: dict[str, Any]) -> list[str]:
    return [closing["never"], f"{closing['name']}\n{closing['automatic']}"]


def _block(paragraph: str, link: str) -> Block:
    if link and paragraph == link:
        return Block("link", escape(link))
    kind = "boxed" if paragraph.startswith(_BOXED) else "text"
    words = escape(paragraph.removeprefix(_BOXED)).replace("\n", Markup("<br>"))
    words = words.replace(" đồng/", "\u00a0đồng/").replace(" VND/", "\u00a0VND/")
    number = Markup('<a href="tel:19009068" class="tel">{}</a>').format(_HOTLINE.replace(" ", "\u00a0"))
    return Block(kind, words.replace(_HOTLINE, number))
