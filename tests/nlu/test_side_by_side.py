"""Machines side by side say what each says by itself, and names are found as in a dictionary."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from assistant.nlu.calibration import softmax
from assistant.nlu.feature_index import FeatureIndex, Names
from assistant.nlu.side_by_side import Machine, SideBySide

_FEATURES, _FACTOR = 500, 1.7


@pytest.fixture(scope="module")
def machines() -> list[Machine]:
    """Machines that know most features of the first hundred, and few of the others."""
    chance = np.random.default_rng(4)
    made = []
    for labels in (3, 2, 7, 5):
        often = chance.choice(100, 90, replace=False)
        seldom = 100 + chance.choice(_FEATURES - 100, 40, replace=False)
        columns = np.sort(np.concatenate([often, seldom])).astype(np.int32)
        weights = chance.normal(size=(len(columns), labels)).astype(np.float16).astype(np.float32)
        made.append(Machine([f"{n}" for n in range(labels)], columns, weights, chance.normal(size=labels)))
    return made


@pytest.mark.parametrize("size", [0, 1, 60])
def test_all_at_once_is_each_by_itself(machines: list[Machine], size: int) -> None:
    together = SideBySide(machines)
    chance = np.random.default_rng(size)
    for _ in range(20):
        # Features beyond those that any machine has seen are of other machines.
        indices = np.sort(chance.choice(_FEATURES + 50, size, replace=False)).astype(np.int32)
        values = chance.random(size).astype(np.float32)
        each = []
        for machine in machines:
            whole = np.zeros((_FEATURES + 50, len(machine.labels)), np.float32)
            whole[machine.columns] = machine.weights
            each.append(values @ whole[indices] + machine.bias)
        assert np.allclose(together.scores((indices, values)), np.concatenate(each), atol=1e-5)
        best, probable = together.likeliest((indices, values), _FACTOR)
        assert best == [int(scores.argmax()) for scores in each]
        assert np.allclose(probable, [softmax(scores, _FACTOR).max() for scores in each], atol=1e-5)


def test_of_equals_the_first_is_likeliest() -> None:
    same = Machine(["a", "b"], np.array([1], np.int32), np.ones((1, 2), np.float32), np.zeros(2, np.float32))
    row = np.array([1], np.int32), np.ones(1, np.float32)
    assert SideBySide([same, same]).likeliest(row, _FACTOR) == ([0, 0], [0.5, 0.5])


def test_a_machine_comes_out_as_it_went_in(machines: list[Machine]) -> None:
    together = SideBySide(machines)
    for number, machine in enumerate(machines):
        found = together.machine(number)
        assert found.labels == machine.labels
        assert np.array_equal(found.columns, machine.columns)
        assert np.array_equal(found.weights, machine.weights)


def test_no_machine_finds_nothing() -> None:
    assert SideBySide([]).likeliest((np.zeros(0, np.int32), np.zeros(0, np.float32)), _FACTOR) == ([], [])


def test_names_are_found_where_they_stand() -> None:
    names = ["a:quên", "p:quen mat", "c: mậ", "len:3", *(" ".join(pair) for pair in pairwise(["một", "hai", "ba"]))]
    index = FeatureIndex(names)
    assert index.places(["len:3", "a:nhớ", "a:quên", "len:3"]) == [3, 0, 3]
    assert index.places([]) == FeatureIndex([]).places(["a:quên"]) == []
    assert (list(Names(names)), len(Names(names))) == (names, len(names))
    assert list(Names([])) == []
