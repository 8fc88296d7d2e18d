"""Writes docs/performance.md from the report."""

from __future__ import annotations

import statistics
from typing import Any

from bench.places import BY_HAND
from bench.results import Part, Row

TITLES = {
    "training": "Training",
    "start": "Start",
    "throughput": "Turns per second and memory",
    "late": "Long conversations",
    "acknowledgement": "Acknowledging webhooks",
    "calls": "Telephone calls",
    "floor": "Beside the physical floor",
    "scaling": "More processes on one machine",
    "hardship": "Hard times",
    "store": "What a turn asks of the store, and what it costs",
    "console": "The console's pages",
    "profile": "Where a turn's time goes",
    "install": "Installation",
}
_READING = """\
## How to read this

* A value is the median of the repeats; below it in brackets the lowest and the highest. One value without brackets was
  measured once.
* "Goal" is what the project set itself. "Beside stock" says how many times better ours is: 10 × at a time means a
  tenth of the time, at turns per second ten times as many. Below 1 × stock Rasa is better.
* Stock Rasa is Rasa Open Source 3.6.21 as published, on Python 3.10, with its REST channel and its SQL tracker store,
  and the same training text as plain Rasa files: one intent, one rule and one answer for each topic and each piece of
  small talk. Left out on its side, and so in its favour: the reset form, custom actions, buttons, fallback, and
  everything that keeps messages from being lost or doubled.
* Server, PostgreSQL and the load itself share one machine and its processors. With the load elsewhere the
  numbers rise.
* The database is the embedded PostgreSQL with its default settings: each commit is on disk before it counts.
"""
_RERUN = """\
## Measuring again

`make bench` does everything in less than 25 minutes and writes this page, [the same with charts](performance.html) and
`bench/var/report.json`. The first run also makes stock Rasa's environment. `.venv/bin/python -m bench.run --only NAME` repeats one part (the names are the
keys of `bench/parts/__init__.py`) and keeps the rest, `--skip-stock` leaves stock Rasa out, and `--quick` is a short
trial that writes to `bench/var` only.
"""


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _values(values: list[float], unit: str, instead: str = "–") -> str:
    if not values:
        return instead
    text = f"{_number(statistics.median(values))} {unit}"
    return f"{text} ({_number(min(values))}–{_number(max(values))})" if len(values) > 1 else text


def _goal(row: Row) -> str:
    if row.goal is None:
        return "–"
    sign = "≤" if row.better == "less" else "≥"
    return f"{sign} {row.goal:g} {row.unit}: {'met' if row.met else '**not met**'}"


def _line(row: Row) -> str:
    ratio = f"{_number(row.ratio)} ×" if row.ratio is not None else "–"
    stock = _values(row.stock, row.unit, row.stock_instead)
    return f"| {row.what} | {_values(row.ours, row.unit)} | {_goal(row)} | {stock} | {ratio} |"


def _parts_of_a_turn(found: dict[str, Any]) -> list[str]:
    lines = ["", "| part of a turn | ms | share | where most of it |", "|---|---:|---:|---|"]
    for part in found["parts"]:
        where = ", ".join(f"`{place}` {share:.0%}" for place, share in part["where"][:3])
        lines.append(f"| {part['name']} | {part['milliseconds']:.2f} | {part['share']:.0%} | {where} |")
    return lines


def _head(report: dict[str, Any]) -> list[str]:
    on = report["machine"]
    lines = [
        "# Performance",
        "",
        f"Measured on {report['date']} by `make bench`, beside stock Rasa 3.6.21 on the same machine:",
        f"{on['processor']}, {on['cores']} cores, {on['memory_gb']} GB, {on['system']}, Python {on['python']},",
        f"commit {on['commit']}.",
    ]
    if report["quick"]:
        lines += ["", "**A short trial: single values, small sizes. Do not quote.**"]
    if on["load_before"] > 0.5:
        lines += [
            "",
            f"The machine was not idle: its load was {on['load_before']} before the start.",
        ]
    return lines


def page(report: dict[str, Any]) -> str:
    """Returns the page."""
    lines = _head(report)
    lines += ["", "| what | ours | goal | stock Rasa 3.6.21 | beside stock |", "|---|---|---|---|---|"]
    parts = {name: Part.from_dict(report["parts"][name]["result"]) for name in TITLES if name in report["parts"]}
    for part in parts.values():
        lines += [_line(row) for row in part.rows]
    lines += ["", _READING.rstrip(), ""]
    lines += ["## What was done"]
    for name, part in parts.items():
        at = report["parts"][name]["at"]
        lines += ["", f"### {TITLES[name]}", "", f"Measured {at}.", *part.notes]
        if name == "profile":
            lines += _parts_of_a_turn(part.details)
    missing = [f"{name}: {why}" for name, why in report["failed"].items()]
    if missing:
        lines += ["", "### Not measured", "", *(f"* {line}" for line in missing)]
    return "\n".join([*lines, "", BY_HAND.read_text(encoding="utf-8"), _RERUN])
