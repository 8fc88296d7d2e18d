"""Checks the content against what Messenger takes: the words of its page, and its limits for every reply."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from assistant.content.findings import Finding, line_of
from assistant.content.responses import button_titles
from assistant.content.topics import FOLDERS, topic_files
from assistant.settings import yaml_files
from connectors.messenger.words import BadContent, read_content

#: Messenger takes less than 2,000 characters, 13 quick replies and 20 characters on a button; a margin is kept.
TEXT, QUICK_REPLIES, TITLE = 1900, 13, 20
_TOO_LONG = f"dài {{}} ký tự; Messenger chỉ nhận {TEXT} một tin nên sẽ gửi thành nhiều tin, hãy rút ngắn."


def check_content(root: Path, data: Path) -> Iterator[Finding]:
    """Yields the findings in data/channels and in the replies of the dialogue."""
    yield from _words(root, data)
    for path in (root / "domain.yml", *sorted((data / "dialogue_responses").glob("*.yml"))):
        for name, variants in _responses(path).items():
            for reply in variants if isinstance(variants, list) else []:
                yield from _reply(path, name, reply)


def _words(root: Path, data: Path) -> Iterator[Finding]:
    path = data / "channels" / "messenger.yml"
    if not path.exists():
        return
    try:
        content = read_content(path)
    except BadContent as error:
        yield Finding(path, 1, str(error).split(": ", 1)[-1])
        return
    known = _known(root, data)
    for payload in content.payloads:
        if payload.removeprefix("#") not in known:
            advice = f"payload “{payload}” không có chủ đề, nút hay ý định nào tên đó."
            yield Finding(path, line_of(path, payload), advice)


def _known(root: Path, data: Path) -> set[str]:
    domain = _read(root / "domain.yml")
    intents = {name if isinstance(name, str) else next(iter(name)) for name in domain.get("intents", [])}
    buttons = set(button_titles(data))
    topics = {f"{FOLDERS[path.parent.name]}/{path.stem}" for path in topic_files(data)}
    return intents | buttons | topics


def _responses(path: Path) -> dict[str, Any]:
    found = _read(path).get("responses")
    return found if isinstance(found, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml_files.read(path)
    except (OSError, yaml.YAMLError):  # other checks say so
        return {}
    return found if isinstance(found, dict) else {}


def _reply(path: Path, name: str, reply: Any) -> Iterator[Finding]:
    if not isinstance(reply, dict):
        return
    line = line_of(path, f"{name}:")
    text = str(reply.get("text") or "")
    if len(text) > TEXT:
        yield Finding(path, line, f"{name} {_TOO_LONG.format(len(text))}", is_error=False)
    titles = [str(button.get("title", "")) for button in reply.get("buttons") or [] if isinstance(button, dict)]
    if len(titles) > QUICK_REPLIES:
        yield Finding(path, line, f"{name} có {len(titles)} nút; Messenger chỉ nhận {QUICK_REPLIES}.")
    for title in titles:
        if len(title) > TITLE:
            advice = f"nút “{title}” dài {len(title)} ký tự, nút bấm chỉ chứa {TITLE}; rút ngắn."
            yield Finding(path, line_of(path, title), advice)
    if len({re.sub(r"\s+", " ", title).strip().casefold() for title in titles}) < len(titles):
        yield Finding(path, line, f"{name} có hai nút cùng tên; người đọc không phân biệt được.")
