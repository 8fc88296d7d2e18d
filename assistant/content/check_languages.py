"""Checks that what a person reads outside of answers stands in every language: letters, pages, buttons, fixed words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from assistant.content.findings import Finding, line_of
from assistant.content.languages import OTHERS, missing
from assistant.content.responses import button_titles
from assistant.settings import yaml_files

#: Below the content folder; a pattern stands for each file it finds.
_FILES = ("web/*.yml", "mail/*.yml", "mail/layout/*.yml", "channels/door_limits.yml", "channels/menu.yml")
#: Of these files a person reads the named texts alone.
_PARTS = {"desk.yml": ("hours_said",)}
_CANNED = "console/canned.yml"
_TITLE = 20


def check_languages(data: Path) -> Iterator[Finding]:
    """Yields what lacks in a language in the files that hold fixed words for people."""
    for path in sorted(path for pattern in _FILES for path in data.glob(pattern)):
        yield from _whole(path, _read(path))
    for name, parts in _PARTS.items():
        raw = _read(data / name)
        if raw:
            others = {key: {part: (raw.get(key) or {}).get(part) for part in parts} for key in OTHERS}
            yield from _whole(data / name, {part: raw.get(part) for part in parts} | others)
    yield from _buttons(data)
    for entry in _read(data / _CANNED) or []:
        if isinstance(entry, dict) and not str(entry.get("en") or "").strip():
            advice = f"câu mẫu “{entry.get('title')}” thiếu bản “en”."
            yield Finding(data / _CANNED, line_of(data / _CANNED, str(entry.get("title"))), advice)


def _whole(path: Path, raw: Any) -> Iterator[Finding]:
    if not isinstance(raw, Mapping):
        return
    for language in OTHERS:
        for place, what in missing(raw, language):
            yield Finding(path, line_of(path, f"{place.rpartition('.')[2]}:"), f"{place}: {what}.")


def _buttons(data: Path) -> Iterator[Finding]:
    path = data / "buttons.yml"
    yield from _whole(path, _read(path))
    for language in OTHERS if path.exists() else ():
        for name, title in button_titles(data, language).items():
            if len(title) > _TITLE:
                advice = f"{language}.{name}: tên nút dài quá {_TITLE} ký tự; rút ngắn."
                yield Finding(path, line_of(path, f"  {name}:"), advice)


def _read(path: Path) -> Any:
    try:
        return yaml_files.read(path) if path.exists() else None
    except yaml.YAMLError:  # whoever reads the file says so
        return None
