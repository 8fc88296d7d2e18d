"""Makes trackers cheap to copy and their past states cheap to list; the results are Rasa's own.

A turn asks for the past states of its tracker up to four times and copies it for each action. Rasa
replays all events for each; here a replay goes on where the last one ended, and a copy is a copy. Slots are not copied
but shared among trackers: whoever sets one puts another in its place.
`tests/rasa/test_patches.py` compares every result with Rasa's while whole dialogues are played.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, USER
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    FollowupAction,
    Restarted,
    SessionStarted,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

State = dict[str, dict[str, Any]]
_rasas_states = Domain.states_for_tracker_history
_rasas_copy = DialogueStateTracker.copy
_rasas_init = DialogueStateTracker.__init__
_rasas_set_slot = DialogueStateTracker._set_slot
_rasas_reset_slots = DialogueStateTracker._reset_slots
_rasas_applied_events = DialogueStateTracker.applied_events
_kinds: dict[type[Event], type[Event] | None] = {}
_KINDS = (
    ActionExecuted, UserUttered, ActiveLoop, Restarted, SessionStarted, ActionReverted, UserUtteranceReverted,
    FollowupAction,
)  # fmt: skip


def _kind(event: Event) -> type[Event] | None:
    """Returns which of `_KINDS` an event is: `isinstance` of abstract classes, asked once for each class."""
    cls = type(event)
    if cls not in _kinds:
        _kinds[cls] = next((kind for kind in _KINDS if issubclass(cls, kind)), None)
    return _kinds[cls]


def _applied_events(self: DialogueStateTracker) -> list[Event]:
    """Replaces `DialogueStateTracker.applied_events`, step by step the same."""
    events = [(event, _kind(event)) for event in self.events]
    loops = {event.name for event, kind in events if kind is ActiveLoop and event.name}
    applied: list[Event] = []
    for event, kind in events:
        if kind is Restarted or kind is SessionStarted:
            applied = []
        elif kind is ActionReverted:
            self._undo_till_previous(ActionExecuted, applied)
        elif kind is UserUtteranceReverted:
            self._undo_till_previous(UserUttered, applied)
            self._undo_till_previous(ActionExecuted, applied)
        elif (
            kind is ActionExecuted
            and event.action_name in loops
            and not self._first_loop_execution_or_unhappy_path(event.action_name, applied)
        ):
            self._undo_till_previous_loop_execution(event.action_name, applied)
        else:
            applied.append(event)
    return applied


@dataclass
class _Replay:
    """How far the events of a tracker were replayed, and the states that were met on the way."""

    domain: Domain
    events: list[Event]
    tracker: DialogueStateTracker
    states: list[State]

    def leads_to(self, domain: Domain, events: Sequence[Event]) -> bool:
        known = self.events
        return (
            self.domain is domain
            and len(known) <= len(events)
            and all(one is other for one, other in zip(known, events, strict=False))
        )


def _fresh(state: State) -> State:
    """Returns a copy in which the caller may take text or intent out of the user's part."""
    return state | {USER: dict(state[USER])} if USER in state else dict(state)


def _states(
    self: Domain,
    tracker: DialogueStateTracker,
    omit_unset_slots: bool = False,
    ignore_rule_only_turns: bool = False,
    rule_only_data: dict[str, Any] | None = None,
) -> list[State]:
    """Replaces `Domain.states_for_tracker_history` for the case that RulePolicy asks for."""
    if omit_unset_slots or ignore_rule_only_turns:
        return list(_rasas_states(self, tracker, omit_unset_slots, ignore_rule_only_turns, rule_only_data))
    events = tracker.applied_events()
    replay: _Replay | None = tracker.__dict__.get("_replay")
    if replay is None or not replay.leads_to(self, events):
        replay = tracker.__dict__["_replay"] = _Replay(self, [], tracker.init_copy(), [])
    for event in events[len(replay.events) :]:
        if _kind(event) is ActionExecuted:
            replay.states.append(self.get_active_state(replay.tracker))
        replay.tracker.update(event)
        replay.events.append(event)
    return [*map(_fresh, replay.states), _fresh(self.get_active_state(replay.tracker))]


def _followup(events: Sequence[Event]) -> str | None:
    """Returns the follow-up action that a replay of the events ends with."""
    for event in reversed(events):
        kind = _kind(event)
        if kind is ActionExecuted or kind is UserUttered:
            return None
        if kind is FollowupAction:
            return str(event.action_name) if event.action_name else None
        if kind is SessionStarted:
            return str(ACTION_LISTEN_NAME)
        if kind is Restarted:
            return str(ACTION_SESSION_START_NAME)
    return str(ACTION_LISTEN_NAME)


def _copy(self: DialogueStateTracker) -> DialogueStateTracker:
    """Replaces `DialogueStateTracker.copy`, which replays all events into a new tracker."""
    kinds = set(map(_kind, self.events))
    if UserUtteranceReverted in kinds or ActionReverted in kinds:
        return _rasas_copy(self)
    other: DialogueStateTracker = object.__new__(type(self))
    other.__dict__.update(self.__dict__)
    other.__dict__.pop("_replay", None)
    other.events = deque(self.events, self._max_event_history)
    other.slots = dict(self.slots)  # no slot is ever changed (`_set_slot`), so both may have it
    other.active_loop = copy.copy(self.active_loop)
    other.followup_action = _followup(self.events)
    other.sender_source = other.model_id = other.assistant_id = None  # as a replay leaves them
    return other


def _copy_slot(self: Slot) -> Slot:
    """Lets `copy.copy` of a slot skip the pickling protocol."""
    other: Slot = object.__new__(type(self))
    other.__dict__.update(self.__dict__)
    return other


def _at_first(slot: Slot) -> Slot:
    """Returns a slot with its initial value: the same where it has none other."""
    if slot._value is slot.initial_value and not slot._has_been_set:
        return slot
    fresh = _copy_slot(slot)
    fresh.reset()
    return fresh


def _init(self: DialogueStateTracker, sender_id: str, slots: Iterable[Slot] | None, *given: Any, **named: Any) -> None:
    """Replaces `DialogueStateTracker.__init__`, which copies every slot of the domain: trackers share theirs."""
    _rasas_init(self, sender_id, None, *given, **named)
    if slots is not None:
        self.slots = {slot.name: _at_first(slot) for slot in slots}


def _set_slot(self: DialogueStateTracker, key: str, value: Any) -> None:
    """Replaces `DialogueStateTracker._set_slot`: other trackers may have the same slot, so another takes its place."""
    if key in self.slots:
        self.slots[key] = _copy_slot(self.slots[key])
    _rasas_set_slot(self, key, value)


def _reset_slots(self: DialogueStateTracker) -> None:
    """Replaces `DialogueStateTracker._reset_slots` in the same manner."""
    for name, slot in self.slots.items():
        self.slots[name] = _at_first(slot)


def install() -> None:
    """Puts the replacements in place."""
    Domain.states_for_tracker_history = _states
    DialogueStateTracker.applied_events = _applied_events
    DialogueStateTracker.copy = _copy
    DialogueStateTracker.__init__ = _init
    DialogueStateTracker._set_slot = _set_slot
    DialogueStateTracker._reset_slots = _reset_slots
    Slot.__copy__ = _copy_slot
