"""Finds what could be somebody's in a conversation that is about to become a test case or a story."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from assistant.editing.personal import Ours, identifiers_in, of_people

_COMMENT = re.compile(r"(?:^|\s)#(.*)")
#: Under these keys stands what a person did.
_PEOPLE = frozenset({"user", "text"})


def remarks_on_case(text: str, public: frozenset[str], is_ours: Ours) -> list[str]:
    """Returns what is to be taken out of a script or a story before it is kept, each with its line.

    Args:
        text: of the file, in YAML.
        public: the numbers that people's words may have.
        is_ours: tells what stands in the content; what the assistant said may have it.
    """
    try:
        found = list(_said(yaml.compose(text, Loader=yaml.CSafeLoader), ""))
    except yaml.YAMLError:
        return ["Tệp này không đọc được nên chưa kiểm tra được; bạn sửa chỗ sai mẫu trước."]
    found += [(number, "user", note[1]) for number, row in enumerate(text.split("\n"), 1) for note in _notes(row)]
    remarks = []
    for line, key, said in found:
        remarks += [f"dòng {line}: {advice}" for advice in _judged(key, said, public, is_ours)]
    return list(dict.fromkeys(remarks))


def _notes(row: str) -> Iterator[re.Match[str]]:
    yield from _COMMENT.finditer(row)


def _judged(key: str, said: str, public: frozenset[str], is_ours: Ours) -> Iterator[str]:
    if key in _PEOPLE:
        yield from of_people(said, public)
    elif private := identifiers_in(said, is_ours):
        yield f"Còn {', '.join(private)}. Bạn bỏ đi, hoặc thay bằng số mẫu nhé."


def _said(node: yaml.Node | None, key: str) -> Iterator[tuple[int, str, str]]:
    """Yields each text of a file with its line and the key that it stands under."""
    if isinstance(node, yaml.ScalarNode):
        yield node.start_mark.line + 1, key, node.value
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _said(each, key)
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _said(name, "")
            yield from _said(value, str(name.value))
