"""The gates in words that content staff read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FILES = {
    "accented": "Câu có dấu",
    "unaccented": "Câu không dấu",
    "noisy": "Viết tắt, gõ sai",
    "neighbours": "Câu dễ nhầm với nhau",
    "out_of_scope": "Câu ngoài phạm vi",
    "real_questions": "Câu hỏi thật trên mạng",
}
OTHERS = {
    "macro_f1": "Đều giữa các chủ đề",
    "foreign_kept_out": "Câu ngoài phạm vi không bị trả lời nhầm",
    "calibration_error": "Sai lệch giữa độ chắc chắn và thực tế",
    "parse_ms": "Thời gian hiểu một câu",
}
_MOST_ALLOWED = ("calibration_error", "parse_ms")


@dataclass(frozen=True)
class Gate:
    """One number with the mark it must reach; `before` is the live one's."""

    name: str
    title: str
    reached: float
    before: float | None
    mark: float | None
    most: bool  # the mark is the most allowed, not the least

    @property
    def passed(self) -> bool:
        """Whether the mark is reached."""
        return self.mark is None or (self.reached <= self.mark if self.most else self.reached >= self.mark)

    def shown(self, value: float | None) -> str:
        """Returns a value as staff read it."""
        if value is None:
            return "–"
        if self.name == "parse_ms":
            return f"{value:.1f} ms".replace(".", ",")
        return f"{value * 100:.1f}%".replace(".", ",")


def gates(metrics: dict[str, Any], before: dict[str, Any] | None, marks: dict[str, Any]) -> Iterator[Gate]:
    """Yields all numbers of a candidate; `marks` is tests/nlu/gates.yml."""
    old = before or {"files": {}}
    for name, row in metrics["files"].items():
        was = old["files"].get(name, {}).get("accuracy")
        yield Gate(name, FILES.get(name, name), row["accuracy"], was, marks["accuracy"].get(name), False)
    for name, title in OTHERS.items():
        yield Gate(name, title, metrics[name], old.get(name), marks[name], name in _MOST_ALLOWED)


def trouble(metrics: dict[str, Any], marks: dict[str, Any]) -> str | None:
    """Returns which marks are missed, as a sentence; None if none is."""
    missed = [
        f"{gate.title}: {gate.shown(gate.reached)}, phải {'không quá' if gate.most else 'từ'} {gate.shown(gate.mark)}"
        for gate in gates(metrics, None, marks)
        if not gate.passed
    ]
    return "; ".join(missed) + "." if missed else None
