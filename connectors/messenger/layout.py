"""Lays a reply of ours out as messages of Messenger's.

Choices go as quick replies: they vanish once one is taken, so nobody presses a choice of last week. A
reply that carries one link on a line of its own gets a button that opens it, with the choices beside it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from connectors.base.text import parts, utf16, with_menu
from connectors.messenger import messages
from connectors.messenger.messages import Message
from connectors.messenger.words import Words

_LINK_LINE = re.compile(r"^[ \t]*(https?://\S+)[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"https?://")
_ENOUGH = 8  # a shortened title with fewer characters says too little


def messages_of(body: dict[str, Any], words: Words) -> list[Message]:
    """Returns the messages for a reply ({"text", "buttons", "media", "link"}), in order; none if it says nothing."""
    shown = messages.of_media(body.get("media"))
    return [*([shown] if shown else []), *_said(body, words)]


def _said(body: dict[str, Any], known: Words) -> list[Message]:
    language = body.get("language")
    words = known.of(language)
    text = unicodedata.normalize("NFC", str(body.get("text") or "")).strip()
    choices = [
        {**choice, "title": unicodedata.normalize("NFC", str(choice["title"])).strip()}
        for choice in body.get("buttons") or []
    ]
    if not text:
        text = words.choose if choices else ""
    if not body.get("link") and (opened := _with_link(text, choices, words)):
        return [opened]
    titles = short_titles([choice["title"] for choice in choices])
    if choices and titles is None:
        text, titles = with_menu(text, choices, language), _numbered([choice["title"] for choice in choices])
    found = [messages.text(part) for part in parts(text, messages.TEXT_LIMIT, utf16)]
    shown = zip(titles or (), choices, strict=False)
    replies = [messages.quick_reply(title, choice["payload"]) for title, choice in shown][: messages.MOST_QUICK_REPLIES]
    if found:
        found[-1] = _last(found[-1]["text"], replies, body.get("link"))
    return found


def _last(text: str, replies: list[Message], link: Any) -> Message:
    """Returns the last message of a reply: with its choices, and a button for its link where the text leaves room.

    The address stands in the text as well.
    """
    if isinstance(link, dict) and utf16(text) <= messages.TEMPLATE_TEXT:
        return messages.buttons(text, [messages.link(shortened(link["title"], messages.TITLE), link["url"])], replies)
    return messages.text(text, replies)


def _with_link(text: str, choices: list[dict[str, Any]], words: Words) -> Message | None:
    """Returns a template with a button that opens the text's one link, where everything fits into it.

    The address stays readable in the text: people are told to look for .gov.vn before they open anything.
    """
    lines = _LINK_LINE.findall(text)
    fits = len(choices) < messages.MOST_BUTTONS and utf16(text) <= messages.TEMPLATE_TEXT
    if len(lines) != 1 or len(_LINK.findall(text)) != 1 or not fits:
        return None
    if any(utf16(choice["title"]) > messages.TITLE for choice in choices):
        return None
    shown = [messages.postback(choice["title"], choice["payload"]) for choice in choices]
    return messages.buttons(text, [messages.link(words.link_button, lines[0]), *shown])


def short_titles(titles: list[str]) -> list[str] | None:
    """Returns the titles within Messenger's limit; None where two would look the same, or there are too many."""
    if len(titles) > messages.MOST_QUICK_REPLIES:
        return None
    short = [shortened(title, messages.TITLE) for title in titles]
    return short if len({title.casefold() for title in short}) == len(short) else None


def _numbered(titles: list[str]) -> list[str]:
    """Returns titles that begin with their number in the menu above them."""
    return [
        shortened(f"{number}. {title}", messages.TITLE)
        for number, title in enumerate(titles[: messages.MOST_QUICK_REPLIES], 1)
    ]


def shortened(title: str, most: int) -> str:
    """Returns a title of at most `most` characters, cut between words where enough of it is left."""
    if utf16(title) <= most:
        return title
    cut = parts(title, most - 1, utf16)[0]
    if utf16(cut) < _ENOUGH:
        cut = parts(title.replace(" ", "\u00a0"), most - 1, utf16)[0].replace("\u00a0", " ")
    return f"{cut.rstrip(' .,;:–-')}…"
