"""`python -m bench.failover [--quick] [--only NAME…]`: the run; the full one writes its figures into docs/reliability.md."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys

from bench.failover import page
from bench.failover.machines import PATRONI
from bench.failover.run import DOUBLE, FAULTS, Result, Size, run

#: What .ci/run does.
QUICK = Size(
    before=3, after=20, faults=("the primary's machine and its node killed", "the primary's PostgreSQL frozen")
)
#: Seconds without anybody's message being taken; Zalo and Meta send again for hours.
LONGEST = 15.0
_ROOM = 3.0  # for a check among other checks
#: The same where a second machine is lost while the first is being replaced.
LONGEST_OF_TWO = 45.0


def impossible() -> str:
    """Returns why it cannot be run here, or ""."""
    if os.geteuid():
        return "that needs root"
    missing = [name for name in ("ip", "etcd", "setpriv") if not shutil.which(name)]
    if missing:
        return f"there is no {', '.join(missing)} (Debian: iproute2, etcd-server, util-linux)"
    return "" if (PATRONI / "bin/patroni").exists() else "there is no Patroni: make .tools/patroni/.installed"


def broken(results: list[Result], room: float = 1.0) -> list[str]:
    """Returns which promises were not kept; `room`: how many times as long it may take where other work is done beside."""
    found = [f"{r.fault}: {len(r.lost)} acknowledged messages are not there" for r in results if r.lost]
    found += [f"{r.fault}: {r.unanswered} are not answered" for r in results if r.unanswered]
    found += [f"{r.fault}: {r.doubled} were answered twice" for r in results if r.doubled]
    longest = {DOUBLE: LONGEST_OF_TWO}
    slow = [r for r in results if r.silence > room * longest.get(r.fault, LONGEST)]
    return found + [f"{r.fault}: nothing was taken for {r.silence:.1f} s" for r in slow]


def main() -> int:
    """Runs, prints; the exit code tells whether every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two faults, and no page is written")
    parser.add_argument("--only", nargs="+", choices=list(FAULTS), help="some faults, and no page is written")
    asked = parser.parse_args()
    if why := impossible():
        print(f"! no machine was lost: {why}")
        return 0 if asked.quick else 2
    size = QUICK if asked.quick else Size(faults=tuple(asked.only or ()))
    results = asyncio.run(run(size, lambda text: print(f"• {text}", flush=True)))
    if not asked.quick and not asked.only:
        page.write(results, size)
    for text in (wrong := broken(results, _ROOM if asked.quick else 1.0)):
        print(f"✗ {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
