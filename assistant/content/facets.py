"""The parts of an answer: facets (cost, time, where …) and named steps, as staff write them in a topic's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.content.errors import ContentError

#: What may be asked of any topic; the names are fixed (they are measured), others belong to one topic alone.
GENERIC = (
    "how", "cost", "time", "where", "bring", "who", "hours", "safe", "if_no_email", "if_no_phone",
    "next_step", "simpler", "not_working", "again", "changed_since", "common_mistake",
)  # fmt: skip
#: What people go on to ask of nearly every topic: each has it, or says why not (`facets_not_needed`).
CORE = ("cost", "time", "where", "bring", "who", "next_step", "simpler", "again")


@dataclass(frozen=True)
class Facet:
    """A short answer to one side of a topic. `asked` are wordings of a facet that only this topic has."""

    name: str
    say: str
    asked: tuple[str, ...] = ()
    source: tuple[str, ...] = ()

    def as_yaml(self) -> str | dict[str, Any]:
        """Returns what stands under the facet's name in a file."""
        if not self.asked and not self.source:
            return self.say
        raw: dict[str, Any] = {"asked": list(self.asked)} if self.asked else {}
        return raw | {"say": self.say} | ({"source": list(self.source)} if self.source else {})


@dataclass(frozen=True)
class Step:
    """One named step of a way that is done step by step."""

    name: str
    say: str
    where: str = ""

    def as_yaml(self) -> dict[str, str]:
        """Returns the step as it stands in a file."""
        return {"name": self.name, "say": self.say} | ({"where": self.where} if self.where else {})


def _texts(value: Any) -> tuple[str, ...]:
    return (value.strip(),) if isinstance(value, str) else tuple(str(item).strip() for item in value or ())


def facets_of(raw: Any, path: Path) -> Mapping[str, Facet]:
    """Reads the `facets` of a file.

    Raises:
        ContentError: if a facet has no text, or one of the topic's own has no wordings to be known by.
    """
    if not isinstance(raw or {}, dict):
        raise ContentError(f"{path}: facets phải là danh sách tên: câu trả lời.")
    return {str(name): _facet(str(name), value, path) for name, value in (raw or {}).items()}


def _facet(name: str, value: Any, path: Path) -> Facet:
    given = {"say": value} if isinstance(value, str) else value
    if not isinstance(given, dict) or not str(given.get("say") or "").strip():
        raise ContentError(f"{path}: facets, mục “{name}” chưa có câu trả lời (say).")
    if unknown := sorted(given.keys() - {"say", "asked", "source"}):
        raise ContentError(f"{path}: facets, mục “{name}” không có phần tên {', '.join(unknown)}.")
    facet = Facet(name, str(given["say"]).strip(), _texts(given.get("asked")), _texts(given.get("source")))
    if name not in GENERIC and not facet.asked:
        raise ContentError(f"{path}: facets, mục riêng “{name}” cần asked: các cách người dân hỏi câu này.")
    return facet


def not_needed_of(raw: Any, path: Path) -> Mapping[str, str]:
    """Reads the `facets_not_needed` of a file: facets that a topic goes without, each with the reason.

    Raises:
        ContentError: if one is none of the generic facets, or has no reason.
    """
    if not isinstance(raw or {}, dict):
        raise ContentError(f"{path}: facets_not_needed phải là danh sách tên: lý do.")
    for name, reason in (raw or {}).items():
        if name not in GENERIC:
            raise ContentError(f"{path}: facets_not_needed, không có mục tên “{name}”; có: {', '.join(GENERIC)}.")
        if not isinstance(reason, str) or not reason.strip():
            raise ContentError(f"{path}: facets_not_needed, mục “{name}” cần ghi lý do vì sao không cần.")
    return {str(name): str(reason).strip() for name, reason in (raw or {}).items()}


def steps_of(raw: Any, path: Path) -> tuple[Step, ...]:
    """Reads the `steps` of a file.

    Raises:
        ContentError: if a step lacks its name or text.
    """
    found = []
    for number, step in enumerate(raw or (), 1):
        if not isinstance(step, dict) or not step.get("name") or not step.get("say"):
            raise ContentError(f"{path}: steps, bước {number} cần có name và say.")
        if unknown := sorted(step.keys() - {"name", "say", "where"}):
            raise ContentError(f"{path}: steps, bước {number} không có phần tên {', '.join(unknown)}.")
        found.append(Step(*(str(step.get(key) or "").strip() for key in ("name", "say", "where"))))
    return tuple(found)
