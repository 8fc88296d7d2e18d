"""Findings of the content check as editors know things: topics by their titles, fields and lines as on their page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assistant.content.findings import Finding
from assistant.content.topics import FOLDERS, ContentError, read_topic
from assistant.editing.live_check import named
from assistant.editing.part_names import FACETS

#: Fields by their names in a file; those of lists have lines that the page counts, too.
FIELDS = {
    "title": "Tên nút", "answer": "Câu trả lời", "more": "Phần xem thêm", "next": "Nút tiếp theo", "source": "Nguồn",
    "checked_on": "Ngày kiểm tra", "questions": "Câu hỏi", "supersedes": "Thay cho", "facets": "Câu hỏi tiếp",
    "steps": "Các bước", "facets_not_needed": "Mục không cần", "place": "Nơi làm", "in_app": "Trên VssID",
    "picture": "Hình", "picture_says": "Mô tả hình", "link": "Liên kết", "link_title": "Chữ trên nút liên kết",
    "en": "Phần tiếng Anh", "topic": "Mã chủ đề", "subject": "Mã chủ đề", "wording": "Lời văn bản",
}  # fmt: skip
_LISTS = frozenset({"questions", "source", "next"})
_KEY = re.compile(r"^([a-z_]+):")
_ITEM = re.compile(r"^\s*-\s")
#: A place in a file as the check names it, with the intent behind it: "lost_phone.yml:12 (faq/lost_phone)".
_PLACE = re.compile(r"(\w+)\.yml:(\d+)(?: \(((?:faq|subject)/\w+)\))?")
_INTENT = re.compile(r"\(?\b((?:[Ff]aq|[Ss]ubject)/(\w+))\)?")
#: What only somebody at the files can do, and names of facets where a list of them follows.
_AT_THE_FILES = re.compile(r"thêm “\w+: …” vào (channels/\w+\.yml)")
_FACETS = re.compile(rf"\b({'|'.join(sorted(FACETS, key=len, reverse=True))})\b(?=[,;])")


def shown(findings: Iterable[Finding], data: Path) -> list[dict[str, Any]]:
    """Returns findings as the page of a release shows them.

    Each has file, line, advice and error; of a topic's file also topic, title, field and, in a list, row (from 1).
    """
    files = {path.stem: path for folder in FOLDERS for path in (data / folder).glob("*.yml")}
    return [_shown(finding, data, files) for finding in findings]


def _shown(finding: Finding, data: Path, files: dict[str, Path]) -> dict[str, Any]:
    path = finding.path
    row: dict[str, Any] = {
        "file": path.relative_to(data).as_posix() if path.is_relative_to(data) else path.name,
        "line": finding.line, "advice": finding.advice, "error": finding.is_error,
    }  # fmt: skip
    if files.get(path.stem) == path:
        field, number = place(path, finding.line)
        row |= {"topic": path.stem, "title": _title(path), "field": FIELDS.get(field, ""), "row": number}
        row["advice"] = named(field, row["advice"])
    row["advice"] = _in_words(row["advice"], files)
    return row


def place(path: Path, line: int) -> tuple[str, int | None]:
    """Returns the field that a line of a topic's file belongs to and, in a list, which item it is (from 1)."""
    field, number = "", 0
    for text in path.read_text(encoding="utf-8").splitlines()[:line]:
        if key := _KEY.match(text):
            field, number = key[1], 0
        elif _ITEM.match(text):
            number += 1
    return field, number if field in _LISTS and number else None


def _title(path: Path) -> str:
    try:
        return read_topic(path).title or path.stem
    except ContentError:
        return path.stem


def _in_words(advice: str, files: dict[str, Path]) -> str:
    def where(found: re.Match[str]) -> str:
        path = files.get(found[1])
        if path is None:
            return found[0]
        field, number = place(path, int(found[2]))
        said = f"“{_title(path)}”, ô {FIELDS.get(field, field)}"
        return f"{said}, dòng {number}" if number else said

    def topic(found: re.Match[str]) -> str:
        path = files.get(found[2])
        return f"“{_title(path)}”" if path else found[0]

    advice = _INTENT.sub(topic, _PLACE.sub(where, advice))
    if "facets" in advice:
        advice = _FACETS.sub(lambda found: f"“{FACETS[found[1]]}”", advice)
        advice = advice.replace("facets_not_needed", "“Mục không cần”").replace("vào facets", "ở “Câu hỏi tiếp”")
    return _AT_THE_FILES.sub(r"nhờ kỹ thuật viên ghi vào \1", advice)
