"""Does the parts of a training's work on all processors."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

Shared = TypeVar("Shared")
Part = TypeVar("Part")
Result = TypeVar("Result")
_shared: list[Any] = []  # what forked processes read instead of having it sent


def each(work: Callable[[Shared, Part], Result], shared: Shared, parts: Sequence[Part]) -> list[Result]:
    """Returns `work(shared, part)` for each part, as many at a time as there are processors.

    Args:
        work: a function of a module.
        shared: what all parts need; it is not copied.
        parts: what is sent to the processes.
    """
    processors = min(len(parts), os.cpu_count() or 1)
    if processors < 2:
        return [work(shared, part) for part in parts]
    _shared[:] = [shared]
    try:
        # What a process was born with is never garbage: looking through it would copy all of it.
        with ProcessPoolExecutor(processors, get_context("fork"), initializer=gc.freeze) as processes:
            return list(processes.map(_do, [work] * len(parts), parts))
    finally:
        _shared.clear()


def _do(work: Callable[[Any, Any], Any], part: Any) -> Any:
    return work(_shared[0], part)
