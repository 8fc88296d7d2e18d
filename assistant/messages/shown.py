"""What a channel shows of a message beside its words: a picture, a button that opens a page. Elsewhere words say it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Kinds of media that each channel shows by itself; the web page our own pictures only.
_MEDIA = {
    "messenger": frozenset({"image", "audio", "video", "file"}),
    "web": frozenset({"image"}),
    "zalo": frozenset({"image"}),
}
#: Where a link has a button of its own; the address stays readable on all of them.
_LINKS = frozenset({"messenger", "web", "zalo"})
Media = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """Words, and what stands beside them on one channel."""

    text: str
    media: Media | None = None
    link: dict[str, str] | None = None


def in_words(media: Media) -> str:
    """Returns the words that stand for a picture or file that is not shown."""
    says, url = str(media.get("says") or ""), str(media.get("url") or "")
    return ": ".join(filter(None, [says, url]))


def without_media(body: dict[str, Any]) -> dict[str, Any]:
    """Returns the body of a message that says in words what it would have shown."""
    said = {name: value for name, value in body.items() if name != "media"}
    return said | {"text": "\n".join(filter(None, [body.get("text", ""), in_words(body["media"])]))}


def fitted(text: str, media: Iterable[Media], links: Iterable[dict[str, str]], channel: str, own: str = "") -> Shown:
    """Returns what is said on a channel; what it cannot show goes as words below the text.

    Args:
        text: the words.
        media: {"kind", "url", and "says" for what is to be seen}; the first that the channel shows is shown.
        links: {"title", "url"}; the first has a button where there is one.
        channel: the channel.
        own: the address of our server; an address of a picture of ours is told without it ("/pictures/…").
    """
    lines, shown, button = [], None, None
    for link in links:
        has_button = button is None and channel in _LINKS
        button = link if has_button else button
        if not (has_button and channel == "web"):  # the page shows the address itself
            lines.append(f"{link['title']}: {link['url']}")
    for each in media:
        is_ours = each["url"].startswith("/")
        whole = f"{own}{each['url']}" if is_ours else each["url"]
        if shown is None and each["kind"] in _MEDIA.get(channel, ()) and (is_ours or channel != "web"):
            shown = each if channel == "web" else each | {"url": whole}
        else:
            lines.append(in_words(each | {"url": whole}))
    return Shown("\n".join(filter(None, [text, *lines])), shown, button)
