"""YAML files that staff write, read so that every complaint can name its line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from assistant.knowledge.faq import ContentError


class Block(dict[str, Any]):
    """A mapping of a content file that knows where it stands; all plain values are texts."""

    def __init__(self, path: Path, line: int, lines: dict[str, int], values: dict[str, Any]) -> None:
        super().__init__(values)
        self.path = path
        self.line = line
        self.lines = lines

    def wrong(self, why: str, key: str = "") -> ContentError:
        """Returns the complaint `why` about `key` of this block, with file and line."""
        return ContentError(f"{self.path}, dòng {self.lines.get(key, self.line)}: {why}")

    def check(self, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        """Checks the names of the fields.

        Raises:
            ContentError: if one is missing, empty or unknown.
        """
        required = list(required)
        known = {*required, *optional}
        if missing := [key for key in required if not self.get(key)]:
            raise self.wrong(f"thiếu mục {', '.join(missing)}.")
        if unknown := [key for key in self if key not in known]:
            raise self.wrong(f"không có mục tên {', '.join(unknown)}; kiểm tra chính tả.", unknown[0])

    def text(self, key: str) -> str:
        """Returns a text field, "" if it is not there."""
        value = self.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(f"{key} phải là chữ.", key)
        return value.strip()

    def block(self, key: str) -> Block:
        """Returns a field that is a mapping; an empty one if it is not there."""
        value = self.get(key) or Block(self.path, self.lines.get(key, self.line), {}, {})
        if not isinstance(value, Block):
            raise self.wrong(f"{key} phải gồm các mục “tên: giá trị”.", key)
        return value

    def blocks(self, key: str) -> list[Block]:
        """Returns a field that is a list of mappings."""
        value = self.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, Block) for item in value):
            raise self.wrong(f"{key} phải là danh sách, mỗi phần bắt đầu bằng “- ”.", key)
        return value


def read_block(path: Path) -> Block:
    """Reads a file whose outermost part is a mapping.

    Raises:
        ContentError: if it is not readable as such.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    except OSError as error:
        raise ContentError(f"{path}: không mở được tệp.") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        raise ContentError(f"{path}{line}: không đọc được YAML; kiểm tra dấu cách và dấu nháy.") from error
    block = _built(node, path)
    if not isinstance(block, Block):
        raise ContentError(f"{path}: tệp phải gồm các mục “tên: giá trị”.")
    return block


def _built(node: Any, path: Path) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, path) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return node.value if node is not None else ""
    lines: dict[str, int] = {}
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in values:
            raise ContentError(f"{path}, dòng {line}: mục {key.value} ghi hai lần; có thể thiếu dấu “- ”.")
        lines[key.value] = line
        values[key.value] = _built(value, path)
    return Block(path, node.start_mark.line + 1, lines, values)
