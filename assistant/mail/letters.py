"""Writes the letters of data/mail: one text for each kind, and from it the plain and the HTML part.

A paragraph that is only the link becomes a button with the link in words below; one that begins with "! "
stands in a box. Nothing in a letter is fetched from anywhere: no pictures, no fonts, no tracking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from markupsafe import Markup, escape

_BOXED = "! "
_HOTLINE = "1900 9068"


@dataclass(frozen=True)
class Letter:
    """One letter, written."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Block:
    """One paragraph of a letter: "text", "boxed" or "link"."""

    kind: str
    html: Markup


class Letters:
    """Knows the letters of a folder.

    Args:
        folder: data/mail, with `layout/letter.html` and `layout/closing.yml`.
    """

    def __init__(self, folder: Path) -> None:
        plain = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        html = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True)
        self._page = html.from_string((folder / "layout/letter.html").read_text(encoding="utf-8"))
        self._closing: dict[str, Any] = yaml.safe_load((folder / "layout/closing.yml").read_text(encoding="utf-8"))
        self._kinds: dict[str, tuple[dict[str, str], jinja2.Template]] = {}
        for path in sorted(folder.glob("*.yml")):
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
            self._kinds[path.stem] = (raw, plain.from_string(raw["text"]))

    @property
    def kinds(self) -> list[str]:
        """The names of all kinds."""
        return list(self._kinds)

    def write(self, kind: str, link: str = "", **values: Any) -> Letter:
        """Returns a letter of a kind; `link` is the address of its button, if it has one."""
        raw, template = self._kinds[kind]
        paragraphs = [
            part.strip() for part in re.split(r"\n\s*\n", template.render(link=link, **values)) if part.strip()
        ]
        closing = self._closing
        text = "\n\n".join([*(part.removeprefix(_BOXED) for part in paragraphs), *_closing_of(closing)]) + "\n"
        page = self._page.render(
            subject=raw["subject"],
            preview=paragraphs[min(1, len(paragraphs) - 1)].removeprefix(_BOXED),
            blocks=[_block(part, link) for part in paragraphs],
            link=link,
            button=raw.get("button", closing["button"]),
            closing=closing,
        )
        return Letter(raw["subject"], text, page)


def _closing_of(closing: dict[str, Any]) -> list[str]:
    return [closing["never"], f"{closing['name']}\n{closing['automatic']}"]


def _block(paragraph: str, link: str) -> Block:
    if link and paragraph == link:
        return Block("link", escape(link))
    kind = "boxed" if paragraph.startswith(_BOXED) else "text"
    words = escape(paragraph.removeprefix(_BOXED)).replace("\n", Markup("<br>")).replace(" đồng/", "\u00a0đồng/")
    number = Markup('<a href="tel:19009068" class="tel">{}</a>').format(_HOTLINE.replace(" ", "\u00a0"))
    return Block(kind, words.replace(_HOTLINE, number))
