"""`python -m bench.faults [--quick]`: the full run, and docs/reliability.md."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench.faults.page import write
from bench.faults.platform import Rates
from bench.faults.run import Report, Size, run

QUICK = Size(
    people=40,
    messages=6,
    rate=16,
    pause=1.5,
    deeds=7,
    settle=400,
    rates=Rates(broken=0.05, limited=0, lost=0.05, slow=0.05),
)


def said(report: Report) -> str:
    """Returns the result in a few lines."""
    verdict = report.verdict
    written = f"{verdict.accepted} accepted, {verdict.replies} replies, {report.posts} posts, {report.refused} refused"
    times = f"{report.seconds:.0f} s, settled after {report.settled:.0f} s, {report.restarts} restarts"
    twice = f"{verdict.twice} seen twice, {report.unheard} answers not heard, {verdict.marked} replies marked"
    result = f"BROKEN: {dict(verdict.broken)}" if verdict.broken else "every promise kept"
    return "\n".join([written, times, twice, f"{dict(report.done)} {dict(report.faults)}", *report.notes, result])


def main() -> int:
    """Runs, prints, writes the page; the exit code tells whether every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small run that writes no page")
    quick = parser.parse_args().quick
    report = asyncio.run(run(QUICK if quick else Size()))
    print(said(report))
    if not quick:
        write(report)
    return 1 if report.verdict.broken else 0


if __name__ == "__main__":
    sys.exit(main())
