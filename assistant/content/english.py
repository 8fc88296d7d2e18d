"""The English part of a content file (`en:` at its end): same facts, fewer words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.content.errors import ContentError
from assistant.content.facets import Facet, Step, facets_of, steps_of

#: The name of the part.
EN = "en"
#: The condition of Rasa's under which a response's English variant is said.
SPOKEN: list[dict[str, str]] = [{"type": "slot", "name": "language", "value": EN}]
_LISTS = frozenset({"facets", "questions", "steps"})


@dataclass(frozen=True)
class English:
    """What a topic or situation says in English, and what is asked; "" and () where it says nothing."""

    title: str
    answer: str
    more: str = ""
    picture_says: str = ""
    link_title: str = ""
    place: str = ""  # of a subject: where it is done, said below its sides
    facets: Mapping[str, Facet] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    questions: tuple[str, ...] = ()


def english_of(raw: Any, path: Path, answer: str = "answer", others: frozenset[str] = frozenset()) -> English | None:
    """Reads the `en` of a file; None if it has none.

    Args:
        raw: what stands there.
        path: the file, for complaints.
        answer: the name of the whole answer: a subject's is its `line`.
        others: what may stand there besides title and answer.

    Raises:
        ContentError: if it lacks its title or answer, or has a part that is not known or no text.
    """
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise ContentError(f"{path}: en phải gồm các mục title, {answer} …")
    if missing := [name for name in ("title", answer) if not str(raw.get(name) or "").strip()]:
        raise ContentError(f"{path}: en thiếu mục {', '.join(missing)}.")
    if unknown := sorted(str(name) for name in raw.keys() - {"title", answer} - others):
        raise ContentError(f"{path}: en không có mục tên {', '.join(unknown)}; kiểm tra chính tả.")
    for name in raw.keys() - _LISTS:
        if not isinstance(raw[name], str):
            raise ContentError(f"{path}: en, mục {name} phải là một đoạn chữ; có dấu hai chấm thì đặt trong dấu nháy.")
    return English(
        title=raw["title"].strip(),
        answer=raw[answer].strip(),
        more=str(raw.get("more") or "").strip(),
        picture_says=str(raw.get("picture_says") or "").strip(),
        link_title=str(raw.get("link_title") or "").strip(),
        place=str(raw.get("place") or "").strip(),
        facets=facets_of(raw.get("facets"), path),
        steps=steps_of(raw.get("steps"), path),
        questions=_questions(raw.get("questions"), path),
    )


def _questions(raw: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(raw or [], list):
        raise ContentError(f"{path}: en, questions phải là danh sách câu hỏi.")
    for item in raw or ():
        if isinstance(item, dict | list):
            raise ContentError(f"{path}: en, câu có dấu hai chấm phải đặt trong dấu nháy: '…' ({str(item)[:60]}).")
    return tuple(str(item).strip() for item in raw or ())
