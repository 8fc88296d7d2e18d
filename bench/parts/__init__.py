"""The parts of the benchmark, in the order they run: name → what it does, and the seconds it may need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.parts import (
    acknowledgement,
    attack,
    calls,
    console,
    floor,
    hardship,
    install,
    late,
    profile,
    scaling,
    start,
    store,
    throughput,
    training,
)
from bench.plan import Plan
from bench.results import Part


@dataclass(frozen=True)
class Entry:
    """One part."""

    measure: Callable[[Plan], Part]
    seconds: float  # what it needs with stock Rasa, so that no part begins that cannot end in time


PARTS = {
    "training": Entry(training.measure, 150),
    "start": Entry(start.measure, 60),
    "throughput": Entry(throughput.measure, 180),
    "late": Entry(late.measure, 130),
    "acknowledgement": Entry(acknowledgement.measure, 110),
    "attack": Entry(attack.measure, 240),
    "calls": Entry(calls.measure, 60),
    "floor": Entry(floor.measure, 150),
    "scaling": Entry(scaling.measure, 190),
    "hardship": Entry(hardship.measure, 180),
    "store": Entry(store.measure, 60),
    "console": Entry(console.measure, 240),
    "profile": Entry(profile.measure, 40),
    "install": Entry(install.measure, 90),
}
