"""What a load needs, by arithmetic from what was measured; writes the table of docs/scale.md. `python -m bench.capacity`

Where bench/var/report.json has no value, the last one that was measured stands in.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.settings import ROOT
from bench.places import VAR

PAGE = ROOT / "docs/scale.md"
_MARKS = "<!-- capacity -->", "<!-- /capacity -->"
#: Of each machine, at the peak: the rest is for the failure of one, and for what nobody thought of.
_BUSY_NODES, _BUSY_STORE = 0.6, 0.5
_NODE_CORES = 4
_KEPT_DAYS = 90


@dataclass(frozen=True)
class Measured:
    """What one message costs. Processor in milliseconds of one core, room in bytes with indexes."""

    nodes_ms: float = 16.1
    store_ms: float = 2.3
    transactions: float = 3.0
    new_bytes: float = 4800.0
    known_bytes: float = 3100.0
    when: str = "2026-11-22"


@dataclass(frozen=True)
class Load:
    """What comes in."""

    name: str
    accounts: int
    write_a_month: float  # share of accounts
    messages_each: float  # in that month
    peak: float  # messages a second

    @property
    def a_day(self) -> float:
        """Messages on a usual day."""
        return self.accounts * self.write_a_month * self.messages_each / 30


LOADS = (
    Load("a province", 500_000, 0.10, 6, 20),
    Load("a country, usual peak", 30_000_000, 0.10, 6, 200),
    Load("a country, the worst day", 30_000_000, 0.10, 6, 1000),
)


def measured(report: Path = VAR / "report.json") -> Measured:
    """Returns what the report says, and what it leaves out as it was measured last."""
    if not report.exists():
        return Measured()
    found: dict[str, Any] = json.loads(report.read_text())
    parts = {name: part["result"].get("details", {}) for name, part in found["parts"].items()}
    values: dict[str, Any] = {"when": found["date"][:10]}
    runs = parts.get("throughput", {}).get("ours_new", {}).get("runs", [])
    if runs:
        values["nodes_ms"] = statistics.median(run["server_cpu_ms_per_turn"] for run in runs)
        values["store_ms"] = statistics.median(run["database_cpu_ms_per_turn"] for run in runs)
    store = parts.get("store", {})
    if store:
        values["transactions"] = store["new"]["transactions"]
        values["new_bytes"], values["known_bytes"] = store["new"]["bytes"], store["long"]["bytes"]
    return Measured(**values)


def table(cost: Measured) -> str:
    """Returns the tables as Markdown."""
    lines = [
        f"Measured {cost.when}: a message costs **{cost.nodes_ms:.1f} ms** of a node's core, **{cost.store_ms:.1f} ms** of"
        f" PostgreSQL's, {cost.transactions:.1f} commits, {cost.known_bytes / 1000:.1f} kB on disk"
        f" ({cost.new_bytes / 1000:.1f} kB where it begins a conversation).",
        "",
        "| | formula | " + " | ".join(load.name for load in LOADS) + " |",
        "|---|---|" + "---:|" * len(LOADS),
    ]

    def row(what: str, formula: str, *values: str) -> None:
        lines.append(f"| {what} | {formula} | " + " | ".join(values) + " |")

    row("accounts", "A", *(f"{load.accounts:,}" for load in LOADS))
    row("messages a day", "A × share × each / 30", *(f"{load.a_day:,.0f}" for load in LOADS))
    row("peak, messages a second", "P", *(f"{load.peak:,.0f}" for load in LOADS))
    cores = [load.peak * cost.nodes_ms / 1000 / _BUSY_NODES for load in LOADS]
    row("nodes' cores", f"P × {cost.nodes_ms:.1f} ms / {_BUSY_NODES:g}", *(f"{math.ceil(each)}" for each in cores))
    nodes = [max(2, math.ceil(each / _NODE_CORES) + 1) for each in cores]
    row(f"nodes of {_NODE_CORES} cores", f"cores / {_NODE_CORES} + 1 to spare, at least 2", *map(str, nodes))
    row("connections", "20 × nodes + 40", *(str(20 * each + 40) for each in nodes))
    store = [load.peak * cost.store_ms / 1000 / _BUSY_STORE for load in LOADS]
    row(
        "PostgreSQL's cores",
        f"P × {cost.store_ms:.1f} ms / {_BUSY_STORE:g}",
        *(f"{max(2, math.ceil(s))}" for s in store),
    )
    row(
        "commits a second", f"P × {cost.transactions:.1f}", *(f"{load.peak * cost.transactions:,.0f}" for load in LOADS)
    )
    room = [_KEPT_DAYS * (load.a_day / load.messages_each * (cost.new_bytes + (load.messages_each - 1) * cost.known_bytes))
            for load in LOADS]  # fmt: skip
    row("room, kept for 90 days", "90 × conversations × (first + others)", *(f"{each / 1e9:,.0f} GB" for each in room))
    row("disk to buy", "room × 3: bloat, WAL, growth", *(f"{3 * each / 1e9:,.0f} GB" for each in room))
    return "\n".join(lines)


def written(page: str, content: str) -> str:
    """Returns a page with `content` between the marks."""
    begin, end = _MARKS
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{content}\n{end}", page, flags=re.DOTALL)


def main() -> int:
    """Writes the table into docs/scale.md."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), table(measured())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
