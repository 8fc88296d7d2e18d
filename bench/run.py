"""`make bench`: measures the assistant beside stock Rasa, writes docs/performance.md, docs/performance.html
and bench/var/report.json.

Ends by itself within 25 minutes, listens on loopback only, and ends only processes it started.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench import charts, machine, page, postgres, processes
from bench.parts import PARTS
from bench.places import CHARTS, PAGE, REPORT, ROOT, VAR, WORK
from bench.plan import Plan

_LAST_RESORT = 24.5 * 60


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short trial; writes to bench/var only")
    parser.add_argument("--skip-stock", action="store_true", help="leave stock Rasa out")
    parser.add_argument("--repeats", type=int, default=5, help="at most so many repeats of a measurement")
    parser.add_argument("--only", choices=PARTS, metavar="NAME", help=f"one part: {', '.join(PARTS)}")
    return parser.parse_args()


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _earlier(path: Path) -> dict[str, Any]:
    """Returns the parts of the last report, so that one part can be measured again alone."""
    return json.loads(path.read_text())["parts"] if path.exists() else {}


def _short(error: Exception) -> str:
    """Returns one line about an error, without this machine's folders."""
    text = f"{type(error).__name__}: {error}".replace(str(ROOT), ".").replace(str(Path.home()), "~")
    return " ".join(text.split())[:300]


def _measure(plan: Plan, names: list[str], report: dict[str, Any]) -> None:
    for name in names:
        if plan.left < PARTS[name].seconds * (0.3 if plan.quick or plan.skip_stock else 1):
            report["failed"][name] = "no time left"
            continue
        print(f"{name} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            result = PARTS[name].measure(plan)
        except Exception as error:  # noqa: BLE001 - the other parts are still worth measuring
            report["failed"][name] = _short(error)
            print(f"  failed: {error}", file=sys.stderr)
            continue
        report["parts"][name] = {"at": _now(), "seconds": time.monotonic() - started, "result": result.as_dict()}
        for row in result.rows:
            print(f"  {page._line(row)}", file=sys.stderr, flush=True)


def _watchdog() -> None:
    """Ends everything if a measurement hangs in spite of its own limits."""

    def end() -> None:
        print("bench: out of time", file=sys.stderr, flush=True)
        processes.stop_all()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(_LAST_RESORT, end)
    timer.daemon = True
    timer.start()


def main() -> int:
    """Measures, writes, and returns 1 if a part could not be measured."""
    given = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets background jobs ignore it
    _watchdog()
    kept = VAR / "trial.json" if given.quick else REPORT
    plan = Plan(given.quick, given.skip_stock, most=given.repeats)
    report: dict[str, Any] = {
        "date": _now(), "quick": given.quick, "machine": machine.describe(), "failed": {},
        "parts": _earlier(kept) if given.only else {},
    }  # fmt: skip
    try:
        _measure(plan, [given.only] if given.only else list(PARTS), report)
    except KeyboardInterrupt:
        report["failed"]["the rest"] = "stopped, or out of time"  # what was measured is still written
    finally:
        plan.store.close()
        processes.stop_all()
        postgres.stop_left()
        shutil.rmtree(WORK, ignore_errors=True)
    VAR.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(report, indent=2, ensure_ascii=False))
    written = VAR / "trial.md" if given.quick else PAGE
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(page.page(report), encoding="utf-8")
    drawn = VAR / "trial.html" if given.quick else CHARTS
    drawn.write_text(charts.charts(report), encoding="utf-8")
    print(f"{written.relative_to(VAR.parent.parent)} in {time.monotonic() - plan.started:.0f} s", file=sys.stderr)
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
