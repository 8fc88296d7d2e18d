"""Writes the figures of a run into docs/reliability.md."""

from __future__ import annotations

import datetime
import json
import re

from bench import machine
from bench.faults.run import Report
from bench.places import ROOT, VAR

PAGE = ROOT / "docs" / "reliability.md"
KEPT = VAR / "reliability.json"


def write(report: Report) -> None:
    """Puts the figures between the page's marks."""
    VAR.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps({"done": report.done, "faults": report.faults, "broken": report.verdict.broken}))
    begin, end = "<!-- faults -->", "<!-- /faults -->"
    whole = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{_text(report)}{end}", whole, flags=re.DOTALL), encoding="utf-8"
    )


def _table(head: str, rows: dict[str, int]) -> str:
    lines = [f"| {name} | {count:,} |" for name, count in rows.items()]
    return "\n".join([f"| {head} | times |", "|---|---:|", *lines])


_FAULTS = {
    "broken": "HTTP 500, nothing taken",
    "limited": "rate limit (-32), nothing taken",
    "lost": "taken, then the connection cut before the answer",
    "slow": "taken, answered after a second",
}
_PROMISES = {
    "acknowledged, and kept once": ("acknowledged, not kept", "kept more than once"),
    "answered by exactly one turn": ("accepted, not done", "done without a turn", "run twice", "without a reply"),
    "in order": ("not in the order of the questions", "shown out of order", "shown after the last reply"),
    "every reply taken by the platform": ("not sent", "sent, but the platform never took it"),
    "seen twice only where an answer was lost, and marked": (
        "doubled without a mark",
        "seen twice although the answer was heard",
    ),
}


def _text(report: Report) -> str:
    size, verdict, about = report.size, report.verdict, machine.describe()
    broken = {name: sum(verdict.broken[part] for part in parts) for name, parts in _PROMISES.items()}
    return f"""## The run of {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC

{about["processor"]}, {about["cores"]} cores, {about["memory_gb"]} GB, {about["system"]}, Python {about["python"]},
commit {about["commit"]}.

{verdict.accepted:,} messages of {size.people:,} people, each handed over {size.copies} times in random order by
{report.posts:,} posts ({report.refused:,} of them not acknowledged and repeated), to {size.nodes} nodes on one
database, within {report.seconds:,.0f} s; everything was answered {report.settled:,.0f} s after the last message.

{_table("what was done to it", dict(sorted(report.done.items())))}

Nodes had to be started again {report.restarts} times. Of {sum(report.faults.values()):,} attempts to deliver a reply:

{_table("what the platform did", {_FAULTS[name]: report.faults[name] for name in _FAULTS})}

{_table("promise", broken).replace("| times |", "| broken |")}

{verdict.replies:,} replies were delivered. The platform saw {verdict.twice:,} messages twice: it had taken them and
could not give its answer {report.unheard:,} times (cut by it, or the sending process was killed at that moment);
{verdict.unnoted:,} answers arrived at a process that was killed, or cut off from the database, before it could note them.
{verdict.marked:,} replies are marked as perhaps sent twice, so that staff can see it.
"""
