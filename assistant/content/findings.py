"""What a check says: where, how bad, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Remark:
    """What is said about one field of a topic, wherever it stands; `advice` is Vietnamese.

    `needle` is found in the file near the place; `row` counts the items of a list from 0.
    """

    field: str
    advice: str
    needle: str = ""
    is_error: bool = True
    row: int | None = None


@dataclass(frozen=True)
class Finding:
    """One finding; `advice` is Vietnamese and says what to do."""

    path: Path
    line: int
    advice: str
    is_error: bool = True

    def line_of_text(self, root: Path) -> str:
        """Returns `file:line: LỖI …`, the file relative to `root`."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{path}:{self.line}: {'LỖI' if self.is_error else 'Lưu ý'}: {self.advice}"


def line_of(path: Path, needle: str) -> int:
    """Returns the line (from 1) where `needle` first stands in the file; 1 if nowhere."""
    state = path.stat()
    for number, line in enumerate(_lines(path, state.st_mtime_ns, state.st_size), 1):
        if needle in line:
            return number
    return 1


@lru_cache(maxsize=16)
def _lines(path: Path, changed: int, size: int) -> Sequence[str]:
    return path.read_text(encoding="utf-8").splitlines()


def summary(findings: list[Finding]) -> str:
    """Returns the closing line of a check."""
    errors = sum(finding.is_error for finding in findings)
    if not findings:
        return "Nội dung tốt, không có gì phải sửa."
    return f"{errors} lỗi phải sửa, {len(findings) - errors} lưu ý."
