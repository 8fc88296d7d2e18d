"""Checks that what training data say of entities is used: marks, lookup tables, regexes and synonyms.

Rasa passes over what no component of config.yml asks for; whoever wrote it would wait for it in vain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assistant.content.examples import read_questions
from assistant.content.findings import Finding
from assistant.content.topics import topic_files
from assistant.rasa import slim_boot
from assistant.rasa.component_check import fields
from assistant.settings import yaml_files

_MARK = re.compile(r"\[[^\[\]]+\](?:\([^()]+\)|\{[^{}]+\})")
_NLU = re.compile(r"^nlu:", re.MULTILINE)
_LISTS = ("lookup", "regex", "synonym")
_MARKED = "CRFEntityExtractor"
#: What of training data each component of ours or Rasa's uses; a component of somebody else may use all.
_USES = {
    _MARKED: {"mark"},
    "RegexEntityExtractor": {"lookup", "regex"},
    "RegexFeaturizer": {"lookup", "regex"},
    "EntitySynonymMapper": {"synonym"},
}
_WANTED = {
    "mark": ("đánh dấu thực thể", _MARKED),
    "lookup": ("bảng tra", "RegexEntityExtractor"),
    "regex": ("biểu thức", "RegexEntityExtractor"),
    "synonym": ("từ đồng nghĩa", "EntitySynonymMapper"),
}


@dataclass(frozen=True)
class _Part:
    """One mark, or the head of a table, an expression or a list of synonyms, with its place."""

    kind: str
    name: str
    path: Path
    line: int


def check_entities(root: Path, data: Path) -> Iterator[Finding]:
    """Yields marks, tables, expressions and synonyms that no component uses, and entities the domain lacks."""
    used, known = _used(root / "config.yml"), _entities(root / "domain.yml")
    parts = [part for path in sorted(data.rglob("*.yml")) for part in _parts(path)]
    marked = {part.name for part in parts if part.kind == "mark"}
    for part in parts:
        for advice in _wrong(part, used, known, marked):
            yield Finding(part.path, part.line, advice)
    for path in topic_files(data):
        for question in read_questions(path):
            if _MARK.search(question.text):
                advice = "câu hỏi của chủ đề không đánh dấu thực thể; bỏ dấu ngoặc, giữ lại chữ."
                yield Finding(path, question.line, advice)


def _wrong(part: _Part, used: set[str], known: set[str], marked: set[str]) -> Iterator[str]:
    said, component = _WANTED[part.kind]
    if part.kind not in used:
        yield f"{said} {part.name} không được dùng; thêm {component} vào pipeline của config.yml."
    elif part.kind == "lookup" and part.name not in marked:  # Rasa looks only for what an example marks
        yield f"{said} {part.name} không được dùng khi chưa câu mẫu nào đánh dấu {part.name}; đánh dấu trong một câu."
    if part.kind in ("mark", "lookup") and part.name not in known:
        yield f"thực thể {part.name} chưa có trong mục entities của domain.yml; thêm vào đó."


def _parts(path: Path) -> Iterator[_Part]:
    text = path.read_text(encoding="utf-8")
    tree = yaml.compose(text, Loader=yaml.CSafeLoader) if _NLU.search(text) else None
    for entry in getattr(fields(tree).get("nlu"), "value", ()):
        given = fields(entry)
        heads = [(kind, given[kind]) for kind in _LISTS if kind in given]
        for kind, node in heads:
            yield _Part(kind, str(node.value), path, node.start_mark.line + 1)
        for number, line in _lines(given.get("examples")) if not heads else ():
            for name in _marked(line):
                yield _Part("mark", name, path, number)


def _lines(node: Any) -> Iterator[tuple[int, str]]:
    """Yields the lines of examples with their numbers, however they are written."""
    if isinstance(node, yaml.ScalarNode):
        block = node.style in ("|", ">")  # its text begins on the next line
        for number, line in enumerate(node.value.splitlines()):
            yield node.start_mark.line + 1 + ((number + 1) if block else 0), line
    for item in node.value if isinstance(node, yaml.SequenceNode) else ():
        yield from _lines(fields(item).get("text", item))


def _marked(line: str) -> list[str]:
    if not _MARK.search(line):
        return []
    slim_boot.boot(serving=False)
    from rasa.shared.nlu.training_data.entities_parser import find_entities_in_training_example

    return list(dict.fromkeys(entity["entity"] for entity in find_entities_in_training_example(line)))


def _used(config: Path) -> set[str]:
    pipeline = _read(config).get("pipeline") or ()
    names = [str(entry.get("name") if isinstance(entry, dict) else entry) for entry in pipeline]
    short = {name.rpartition(".")[2] for name in names}
    theirs = [name for name in names if "." in name and not name.startswith(("assistant.", "rasa."))]
    return {*_WANTED} if theirs else {use for name in short for use in _USES.get(name, ())}


def _entities(domain: Path) -> set[str]:
    listed = _read(domain).get("entities") or ()
    return {entry if isinstance(entry, str) else str(next(iter(entry))) for entry in listed}


def _read(path: Path) -> dict[str, Any]:
    read = yaml_files.read(path)
    return read if isinstance(read, dict) else {}
