"""YAML files that staff write, read so that every complaint can name its line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from assistant.content.topics import ContentError


class Block(dict[str, Any]):
    """A mapping of a content file that knows where it stands."""

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
    """Reads a file whose outermost part is a mapping; all plain values are texts.

    Raises:
        ContentError: if it is not readable as such.
    """
    block = _read(path, yaml.CBaseLoader)
    if not isinstance(block, Block):
        raise ContentError(f"{path}: tệp phải gồm các mục “tên: giá trị”.")
    return block


def read_rows(path: Path, first: str) -> list[Block]:
    """Reads a file that is a list of mappings; plain values are numbers, days and texts as YAML has them.

    Args:
        path: the file.
        first: the field that a row begins with, for the complaint.

    Raises:
        ContentError: if it is not readable as such, or has no row.
    """
    rows = _read(path, yaml.CSafeLoader)
    if not isinstance(rows, list) or not rows:
        raise ContentError(f"{path}: tệp phải là danh sách, mỗi phần bắt đầu bằng “- {first}: …”.")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Block):
            raise ContentError(f"{path}: phần thứ {number} phải gồm các mục “tên: giá trị”, bắt đầu bằng {first}.")
    return rows


def _read(path: Path, kind: Any) -> Any:
    try:
        loader = kind(path.read_text(encoding="utf-8"))
        try:
            return _built(loader.get_single_node(), loader, path)
        finally:
            loader.dispose()
    except OSError as error:
        raise ContentError(f"{path}: không mở được tệp.") from error
    except ContentError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", dòng {mark.line + 1}" if mark else ""
        raise ContentError(f"{path}{line}: không đọc được YAML; kiểm tra dấu cách, dấu nháy và ngày tháng.") from error


def _built(node: Any, loader: Any, path: Path) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, loader, path) for item in node.value]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node) if node is not None else ""
    lines: dict[str, int] = {}
    values: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in values:
            raise ContentError(f"{path}, dòng {line}: mục {key.value} ghi hai lần; có thể thiếu dấu “- ”.")
        lines[key.value] = line
        values[key.value] = _built(value, loader, path)
    return Block(path, node.start_mark.line + 1, lines, values)
