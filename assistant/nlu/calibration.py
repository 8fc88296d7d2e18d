"""What a confidence is worth: calibration, and the threshold that the coverage-risk curve implies.

Plain numpy over arrays of confidences and outcomes; knows neither classifier nor engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Point:
    """One point of the curve: answering from `threshold` up answers `coverage` and errs in `risk`."""

    threshold: float
    coverage: float
    risk: float


def softmax(scores: Floats, factor: float) -> Floats:
    """Returns probabilities along the last axis of `scores * factor`."""
    logits = scores * factor
    exponent = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponent / exponent.sum(axis=-1, keepdims=True)  # type: ignore[no-any-return]


def temperature(scores: Floats, targets: npt.NDArray[np.integer]) -> float:
    """Returns the factor on the scores (samples x labels) under which the targets are likeliest."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(targets))

    def loss(factor: float) -> float:
        return float(-np.log(softmax(scores, factor)[rows, targets] + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 30.0), method="bounded").x)


def calibration_error(confidence: Floats, right: Bools, bins: int = 10) -> float:
    """Returns the expected calibration error over `bins` of equal width (0 for no samples)."""
    if not len(confidence):
        return 0.0
    place = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    gaps = [
        (place == b).mean() * abs(confidence[place == b].mean() - right[place == b].mean())
        for b in range(bins)
        if (place == b).any()
    ]
    return float(sum(gaps))


def curve(confidence: Floats, right: Bools, thresholds: Sequence[float] | None = None) -> list[Point]:
    """Returns coverage and risk (the share of wrong answers among those given) for each threshold."""
    steps = thresholds if thresholds is not None else [round(0.05 * i, 2) for i in range(20)]
    points = []
    for step in steps:
        answered = confidence >= step
        risk = float(1 - right[answered].mean()) if answered.any() else 0.0
        points.append(Point(float(step), float(answered.mean()) if len(answered) else 0.0, risk))
    return points


def implied_threshold(confidence: Floats, right: Bools, wrong_costs: float = 1.0) -> float:
    """Returns the threshold that is best on the curve: most right answers less the price of wrong ones.

    A right answer counts 1, a refusal 0, a wrong answer -`wrong_costs`. With 1 the bot answers
    as long as the answer is likelier right than wrong. The curve is read on a grid of hundredths:
    single samples should not decide, and where several steps are as good the middle one is taken.
    """
    if not len(confidence):
        return 0.5
    grid = np.arange(0.0, 1.0, 0.01)
    value = np.where(right, 1.0, -wrong_costs)
    gains = np.array([value[confidence >= step].sum() for step in grid])
    smooth = np.convolve(np.pad(gains, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    best = np.flatnonzero(smooth >= smooth.max() - 1e-9)
    return round(float(grid[best[len(best) // 2]]), 2)
