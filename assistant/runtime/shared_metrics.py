"""One page of metrics for all processes of a machine: each leaves its numbers in a file, whoever is asked adds them up.

Counters and histograms are sums, also over processes that have ended, so that they never go back.
A gauge is what the process that is asked knows, or what another last left.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.samples import Sample

from assistant.runtime.metrics import registry

#: Each process speaks for itself about these: its own memory, its own open files, what it read in the store just now.
_OWN = (
    "process_",
    "python_",
    "assistant_store_",
    "assistant_waiting",
    "assistant_oldest_seconds",
    "assistant_dead",
    "assistant_backup_",
)
_SECONDS = 1.0

_folder: Path | None = None
_left_at = 0.0

_restarts = Counter({(part, why): 0 for part in ("doors", "engines") for why in ("ended", "silent")})

Key = tuple[str, tuple[tuple[str, str], ...]]


def share(folder: Path) -> None:
    """Lets this process, and those forked from it, leave their numbers in `folder`."""
    global _folder
    _folder = folder
    _leave_restarts()  # from zero on: a rate needs a first value


def note_restart(part: str, why: str) -> None:
    """Counts a process that the supervisor starts again, in the supervisor's own file.

    Its children must not count it, too; so it is not in the registry, which they inherit.

    Args:
        part: "doors" or "engines".
        why: "ended" by itself, or "silent" and killed.
    """
    _restarts[part, why] += 1
    if _folder is not None:
        _leave_restarts()


def _leave_restarts() -> None:
    samples = [["assistant_restarts_total", {"part": p, "why": w}, float(n)] for (p, w), n in _restarts.items()]
    _write("supervisor", [["assistant_restarts", "Processes started again by the supervisor", "counter", samples]])


def leave() -> None:
    """Leaves this process's numbers for the others, once a second at most."""
    global _left_at
    now = time.monotonic()
    if _folder is None or now - _left_at < _SECONDS:
        return
    _left_at = now
    families = [
        [family.name, family.documentation, family.type, [[s.name, s.labels, s.value] for s in family.samples]]
        for family in registry.collect()
        if not family.name.startswith(_OWN)
    ]
    _write(str(os.getpid()), families)


def _write(name: str, families: list[list[Any]]) -> None:
    assert _folder is not None
    mine = _folder / f"{name}.json"
    fresh = mine.with_suffix(".new")
    fresh.write_bytes(orjson.dumps(families))
    fresh.replace(mine)


def page() -> bytes:
    """Returns the text Prometheus reads."""
    if _folder is None:
        return generate_latest(registry)
    everything = CollectorRegistry()
    everything.register(_All())
    return generate_latest(everything)


class _All:
    """Collects what this process counts and what the others left."""

    def collect(self) -> Iterator[Metric]:
        own = list(registry.collect())
        others = [family for left in _left_by_others() for family in left]
        names = dict.fromkeys([family.name for family in own] + [family.name for family in others])
        for name in names:
            yield _together([f for f in own if f.name == name], [f for f in others if f.name == name])


def _left_by_others() -> Iterator[list[Metric]]:
    """Yields what each other process left, the newest first."""
    assert _folder is not None
    files = [path for path in _folder.glob("*.json") if path.stem != str(os.getpid())]
    for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
        yield [_family(*given) for given in orjson.loads(path.read_bytes())]


def _family(name: str, documentation: str, kind: str, samples: Iterable[tuple[str, dict[str, str], float]]) -> Metric:
    family = Metric(name, documentation, kind)
    family.samples = [Sample(sample, labels, value) for sample, labels, value in samples]
    return family


def _together(own: list[Metric], others: list[Metric]) -> Metric:
    first = (own + others)[0]
    found: dict[Key, Sample] = {}
    for family in own + others:
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            known = found.get(key)
            if known is None:
                found[key] = Sample(sample.name, sample.labels, sample.value)
            elif first.type in ("counter", "histogram", "summary") and not sample.name.endswith("_created"):
                found[key] = known._replace(value=known.value + sample.value)
    return _family(first.name, first.documentation, first.type, [(s.name, s.labels, s.value) for s in found.values()])
