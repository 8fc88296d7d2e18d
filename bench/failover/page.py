"""Writes the figures of a run into docs/reliability.md."""

from __future__ import annotations

import datetime
import re

from bench import machine
from bench.failover.run import Result, Size
from bench.places import ROOT

PAGE = ROOT / "docs" / "reliability.md"
_MARKS = ("<!-- failover -->", "<!-- /failover -->")


def table(results: list[Result], size: Size) -> str:
    """Returns the figures as Markdown."""
    about = machine.describe()
    lines = [
        f"Run of {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC: {about['processor']}, {about['cores']} cores for"
        f" all three machines, {about['memory_gb']} GB, {size.rate:.0f} messages a second, commit {about['commit']}.",
        "",
        "| what was done | acknowledged | of these lost | answered twice | unanswered | nobody's message taken for"
        " | 503 or silence, sent again |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.fault} | {r.acknowledged:,} | {len(r.lost)} | {r.doubled} | {r.unanswered} | {r.silence:.1f} s"
        f" | {r.refused} |"
        for r in results
    ]
    return "\n".join(lines)


def write(results: list[Result], size: Size) -> None:
    """Puts the figures between the page's marks."""
    begin, end = _MARKS
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{table(results, size)}\n{end}", text, flags=re.DOTALL),
        encoding="utf-8",
    )
