"""What a part of the benchmark hands back."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass
class Row:
    """One line of the table: the repeats of ours and of stock Rasa."""

    what: str
    unit: str
    ours: list[float]
    stock: list[float] = field(default_factory=list)
    goal: float | None = None
    better: Literal["less", "more"] = "less"
    stock_instead: str = "–"  # what to write where stock Rasa has no number

    @property
    def median(self) -> float | None:
        """The median of ours."""
        return statistics.median(self.ours) if self.ours else None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None or self.median is None:
            return None
        return self.median <= self.goal if self.better == "less" else self.median >= self.goal

    @property
    def ratio(self) -> float | None:
        """How many times better ours is than stock Rasa."""
        if self.median is None or not self.stock:
            return None
        other = statistics.median(self.stock)
        pair = (other, self.median) if self.better == "less" else (self.median, other)
        return pair[0] / pair[1] if pair[1] else None


@dataclass
class Part:
    """The result of one part."""

    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Returns it for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Part:
        """Reads what `as_dict` wrote."""
        return cls([Row(**row) for row in raw["rows"]], raw["notes"], raw["details"])


def percentile(values: list[float], share: float) -> float:
    """Returns the value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
