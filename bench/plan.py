"""How much each part does, in a full and in a quick run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bench.postgres import Store


@dataclass
class Plan:
    """Sizes, the time left, and what the parts share."""

    quick: bool
    skip_stock: bool
    budget: float = 23.5 * 60
    most: int = 5
    store: Store = field(default_factory=Store)
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self.budget - (time.monotonic() - self.started)

    def times(self, full: int) -> int:
        """How often to repeat something."""
        return 1 if self.quick else min(full, self.most)

    def size(self, full: float, quick: float) -> float:
        """How long or how much."""
        return quick if self.quick else full
