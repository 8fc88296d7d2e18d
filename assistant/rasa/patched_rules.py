"""Finds the rules that fit a dialogue through an index, where Rasa tries every rule on every state.

The answer is the same set of rules (tests/rasa/test_patches.py compares the two); what a rule asks of
a state is worked out once a model instead of once a prediction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rasa.core.policies.rule_policy import SHOULD_NOT_BE_SET, RulePolicy
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

State = dict[str, dict[str, Any]]
_NOTHING: dict[str, Any] = {}
_ANY = None


@dataclass(frozen=True)
class _Step:
    """What a rule asks of one state (`RulePolicy._does_rule_match_state`, worked out beforehand)."""

    starts: bool  # the beginning of a conversation: no action came before
    equal: tuple[tuple[str, str, Any], ...]
    unset: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, state: State) -> _Step:
        equal, unset = [], []
        for part, wanted in state.items():
            for name, value in wanted.items():
                # JSON has lists for tuples.
                meant = tuple(value) if isinstance(value, list) else value
                if meant == SHOULD_NOT_BE_SET:
                    unset.append((part, name))
                elif meant:
                    equal.append((part, name, meant))
        return cls(not state.get(PREVIOUS_ACTION), tuple(equal), tuple(unset))

    def fits(self, state: State) -> bool:
        starts = not state.get(PREVIOUS_ACTION)
        if self.starts or starts:
            return self.starts and starts
        for part, name, value in self.equal:
            if state.get(part, _NOTHING).get(name) != value:
                return False
        for part, name in self.unset:
            found = state.get(part, _NOTHING).get(name)
            if found and found != SHOULD_NOT_BE_SET:
                return False
        return True

    def asks(self, part: str, name: str) -> Any:
        """Returns the value that is asked for, or None where any is good."""
        return next((value for p, n, value in self.equal if (p, n) == (part, name)), _ANY)


class RuleIndex:
    """Rules by the last action and the intent that their last state asks for."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._rules: defaultdict[tuple[Any, Any], list[tuple[str, list[_Step]]]] = defaultdict(list)
        for key in keys:
            steps = [_Step.of(state) for state in reversed(json.loads(key))]
            last = steps[0] if steps else _Step(True, (), ())
            place = (_ANY, _ANY) if last.starts else (last.asks(PREVIOUS_ACTION, ACTION_NAME), last.asks(USER, INTENT))
            self._rules[place].append((key, steps))

    def fitting(self, states: list[State]) -> set[str]:
        """Returns the keys of all rules that fit the end of `states`, however long they are."""
        past = states[::-1]
        last = past[0] if past else _NOTHING
        action = last.get(PREVIOUS_ACTION, _NOTHING).get(ACTION_NAME)
        intent = last.get(USER, _NOTHING).get(INTENT)
        return {
            key
            for place in {(action, intent), (action, _ANY), (_ANY, intent), (_ANY, _ANY)}
            for key, steps in self._rules.get(place, ())
            if all(step.fits(state) for step, state in zip(steps, past, strict=False))
        }


_rasas_keys = RulePolicy._get_possible_keys
_indexes: dict[int, tuple[dict[str, str], RuleIndex]] = {}


def _get_possible_keys(self: RulePolicy, lookup: dict[str, str], states: list[State]) -> set[str]:
    """Replaces `RulePolicy._get_possible_keys`: 150 rules × states × keys, a fifth of a turn."""
    known = _indexes.get(id(lookup))
    if known is None or known[0] is not lookup:
        known = _indexes[id(lookup)] = (lookup, RuleIndex(lookup))
    return known[1].fitting(states)


def install() -> None:
    """Puts the index in place; for serving, where lookups do not change any more."""
    RulePolicy._get_possible_keys = _get_possible_keys
    RulePolicy.format_tracker_states = staticmethod(lambda states: "")  # only ever written into a debug line
