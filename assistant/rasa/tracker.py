"""Keeps a dialogue's tracker short: a turn costs the same at message 10 and at message 400.

Rules look at the present form, the slots and the last user turn only. So what is kept is the
last few turns, headed by events that set slots and form as they were; where the last turns may be
the beginning of a story, as many of them as the stories' policy looks at. The full history is in
the tables inbox, turns and outbox.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME, REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

#: User turns kept in the tracker between turns.
KEPT_TURNS = 2
_PARSE_KEYS = ("intent", "entities", "text", "response_selector")


def restore(conversation: str, events: list[dict[str, Any]], domain: Domain) -> DialogueStateTracker:
    """Returns the tracker that `events` (from `shorten`) describe."""
    return DialogueStateTracker.from_dict(conversation, events, domain.slots)


def _light(event: Event) -> dict[str, Any]:
    """Returns an event as a dictionary without what no later turn reads."""
    raw: dict[str, Any] = event.as_dict()
    for name in ("metadata", "message_id", "input_channel"):
        raw.pop(name, None)
    if isinstance(event, UserUttered):
        raw["parse_data"] = {key: value for key, value in raw["parse_data"].items() if key in _PARSE_KEYS}
    if isinstance(event, ActionExecuted):
        for name in ("action_text", "policy", "confidence"):
            raw.pop(name, None)
        if not raw.get("hide_rule_turn"):  # what stories do not see of rules; said only where it is so
            raw.pop("hide_rule_turn", None)
    return raw


def _kept_turns(said: list[UserUttered], intents: Collection[str], states: int) -> int:
    """Returns how many turns to keep: two, or as many as in a row may be a story's and its policy looks at.

    A turn is at least two states: what was said, what was done.
    """
    row = next((n for n, turn in enumerate(reversed(said)) if turn.intent.get("name") not in intents), len(said))
    return max(KEPT_TURNS, min(row, -(-states // 2)))


def shorten(tracker: DialogueStateTracker, intents: Collection[str] = (), states: int = 0) -> list[dict[str, Any]]:
    """Returns the events to keep of a tracker that has come to `action_listen`.

    Args:
        tracker: the tracker.
        intents: those that stories name.
        states: how many states their policy looks at.
    """
    events = list(tracker.events)
    turns = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    kept = _kept_turns([events[index] for index in turns], intents, states)
    if len(turns) <= kept:
        return [_light(event) for event in events if event.type_name != "bot"]
    cut = turns[-kept]
    before = DialogueStateTracker.from_events(tracker.sender_id, events[:cut], tracker.slots.values())
    now = time.time()
    head: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME, timestamp=now),
        SessionStarted(timestamp=now),
    ]
    if before.active_loop_name:
        head.append(ActionExecuted(before.active_loop_name, timestamp=now))
        head.append(ActiveLoop(before.active_loop_name, timestamp=now))
    head += [
        SlotSet(slot.name, slot.value, timestamp=now)
        for slot in before.slots.values()
        if slot.value != slot.initial_value
    ]
    if before.active_loop_name and before.get_slot(REQUESTED_SLOT):
        head.append(SlotSet(REQUESTED_SLOT, before.get_slot(REQUESTED_SLOT), timestamp=now))
    head.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=now))
    return [_light(event) for event in [*head, *events[cut:]] if event.type_name != "bot"]
