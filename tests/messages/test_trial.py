"""What readiness tries is what a turn does: no value of its last statement is forgotten."""

import re

from assistant.messages import trial, turns


def test_every_value_that_a_turn_writes_is_given() -> None:
    assert set(re.findall(r"%\((\w+)\)", turns.FINISH)) == set(trial._NOTHING)
