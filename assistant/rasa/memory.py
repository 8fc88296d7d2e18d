"""What a conversation remembers beside its slots: set before a turn from our acts, and after it from what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.messages.turns import Acts
from assistant.reading import state as tracked
from assistant.reading.signals import is_topic, talked_about

#: Texts said are remembered by name, so many of them.
_SAID = 40
#: The question before what cannot be undone.
CONFIRMED = "utter_confirm_erase"
#: Responses after which something is open, and what.
_OPENS = {CONFIRMED: "confirm", "utter_fallback_guess": "choice", "utter_which_one": "choice"}


def situations_of(acts: Acts) -> tuple[str, ...]:
    """Returns the situations (data/situations) that our acts have left this person in, nearest first."""
    found = []
    if acts.reset is not None:
        ended = "reset_done" if acts.reset["used"] else "mail_bounced" if acts.reset["failed"] else "mail_sent"
        found.append(ended)
    if acts.waits:
        found.append("waiting_person")
    if acts.asked:
        found.append("question_left")
    return tuple(found)


def left_by(acts: Acts) -> dict[str, str]:
    """Returns what texts say of our acts: the masked address of the last letter, the minutes its link lives."""
    if acts.reset is None or acts.reset["masked_email"] is None:
        return {"masked_email": "", "minutes_left": "0"}
    minutes = max(0, int(acts.reset["seconds_left"]) // 60)
    return {"masked_email": str(acts.reset["masked_email"]), "minutes_left": str(minutes)}


def recall(state: DialogueStateTracker, acts: Acts, domain: Domain) -> None:
    """Writes into the tracker what our acts left; where nothing is talked about, the nearest of it is."""
    memory, found = tracked.memory_of(state), list(situations_of(acts))
    if memory.get("acts", []) != found:
        state.update(SlotSet(tracked.TALK, memory | {"acts": found}), domain)
    if found and not state.get_slot(tracked.TOPIC):
        state.update(SlotSet(tracked.TOPIC, found[0]), domain)


def _offered_topics(memory: dict[str, Any]) -> list[str]:
    """Returns the topics among which the person is to choose just now; several things asked at once stay longer."""
    names = [payload.removeprefix("#") for payload in memory["offered"]] if memory["open"] == "choice" else []
    listed = memory.get("agenda", []) if "utter_several" in memory["said"] else []
    return [talked_about(name) for name in names if is_topic(name)] or listed


def remember(
    state: DialogueStateTracker,
    new: Sequence[Event],
    label: str,
    reading: dict[str, Any],
    asked: Mapping[str, str],
    domain: Domain,
) -> None:
    """Writes into the tracker what the turn made of the conversation; `asked` is what responses ask at their end."""
    memory = tracked.memory_of(state)
    bot = [event for event in new if isinstance(event, BotUttered)]
    names = [str(event.metadata.get("said") or event.metadata.get("utter_action") or "") for event in bot]
    chosen = [str(event.value) for event in new if isinstance(event, SlotSet) and event.key == tracked.TOPIC]
    memory["said"] = list(dict.fromkeys([*memory.get("said", ()), *filter(None, names), *chosen]))[-_SAID:]
    memory["asks"] = next((asked[name] for name in reversed(names) if asked.get(name)), "")
    memory["open"] = next((_OPENS[name] for name in reversed(names) if name in _OPENS), "")
    shown: list[dict[str, str]] = next(
        (event.data["buttons"] for event in reversed(bot) if event.data.get("buttons")), []
    )
    memory["offered"] = [button["payload"] for button in shown]
    memory["step"] = next((int(event.metadata["step"]) for event in reversed(bot) if event.metadata.get("step")), 0)
    if reading:
        memory["facts"], memory["danger"] = reading["facts"], reading["danger"]
        memory["agenda"] = reading["agenda"] or _offered_topics(memory)
    topic = reading.get("topic") or (talked_about(label) if is_topic(label) else "")
    if not chosen and topic and topic not in tracked.ASIDES.values() and topic != state.get_slot(tracked.TOPIC):
        state.update(SlotSet(tracked.TOPIC, topic), domain)
    state.update(SlotSet(tracked.TALK, memory), domain)
