"""Waiting times counted in classes that double: what a histogram needs, small enough for the report."""

from __future__ import annotations

from collections.abc import Iterable

#: Upper ends of the classes, in ms.
ENDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)


def histogram(milliseconds: Iterable[float]) -> list[int]:
    """Returns how many values fall into each class; the last one takes whatever is longer."""
    counts = [0] * len(ENDS)
    for value in milliseconds:
        counts[next((place for place, end in enumerate(ENDS) if value <= end), len(ENDS) - 1)] += 1
    return counts


def trimmed(counts: list[int]) -> tuple[list[str], list[float]]:
    """Returns labels and percentages of the classes from the first to the last that has something in it."""
    filled = [place for place, count in enumerate(counts) if count] or [0]
    places, total = range(filled[0], filled[-1] + 1), max(1, sum(counts))
    return [f"≤ {ENDS[place]}" for place in places], [counts[place] / total * 100 for place in places]
