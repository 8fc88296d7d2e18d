"""Where a conversation stands, read from its tracker's slots; works on Rasa's trackers and on the SDK's."""

from __future__ import annotations

from typing import Any, Protocol

from assistant.reading.model import OpenKind, State

#: Slots: what is talked about; and what the conversation remembers (see `Memory` keys below).
TOPIC, TALK = "topic", "talk"
LANGUAGE = "language"
RESET_FORM = "reset_form"
#: What is talked about while a form asks for a slot.
ASIDES = {"bhxh_code": "form_code", "contact": "form_contact"}


class Slots(Protocol):
    """The part of a tracker that is read here."""

    def get_slot(self, name: str) -> Any:
        """Returns a slot's value or None."""


def memory_of(tracker: Slots) -> dict[str, Any]:
    """Returns what the conversation remembers: facts, said, offered, open, danger, step, acts."""
    kept = tracker.get_slot(TALK)
    return dict(kept) if isinstance(kept, dict) else {}


def form_of(tracker: Any) -> str:
    """Returns the name of the form that runs, or ""."""
    loop = getattr(tracker, "active_loop_name", None)
    if loop is None and isinstance(getattr(tracker, "active_loop", None), dict):
        loop = tracker.active_loop.get("name")
    return str(loop or "")


def state_of(tracker: Any) -> State:
    """Returns where the conversation stands before the present message."""
    memory, form = memory_of(tracker), form_of(tracker)
    slot = str(tracker.get_slot("requested_slot") or "") if form else ""
    return State(
        topic=str(tracker.get_slot(TOPIC) or ""),
        facts=frozenset(memory.get("facts") or ()),
        danger=bool(memory.get("danger")),
        open=_open(tracker, memory, slot),
        slot=slot or _asked_about(str(tracker.get_slot("advice") or "")),
        form=form,
        step=int(memory.get("step") or 0),
        situations=tuple(memory.get("acts") or ()),
        offered=tuple(memory.get("offered") or ()),
        agenda=tuple(memory.get("agenda") or ()),
        asks=str(memory.get("asks") or ""),
        said=frozenset(memory.get("said") or ()),
        last=next((name for name in reversed(memory.get("said") or ()) if "#" in name), ""),
        choices=str(tracker.get_slot("choices") or ""),
    )


def _open(tracker: Slots, memory: dict[str, Any], slot: str) -> OpenKind:
    if slot:
        return "slot"
    if tracker.get_slot("guide"):
        return "guide"
    if tracker.get_slot("advice"):
        return "advice"
    kept: OpenKind = memory.get("open") or ""
    if kept == "" and tracker.get_slot("yes_means"):
        return "yes_no"
    return kept


def _asked_about(advice: str) -> str:
    """Returns what the advice asks for just now ("mailbox=yes;>sim" asks for the SIM)."""
    return next((part[1:] for part in advice.split(";") if part.startswith(">")), "")
