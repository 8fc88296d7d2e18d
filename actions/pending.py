"""What is under way outside of forms (a guide, the questions of the advice): going on, coming back, ending."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import advice, guide
from actions.speech import spoken


def take(yes: bool, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType] | None:
    """Takes a plain yes or no as the answer to what is under way; None if nothing is."""
    if place := guide.place_of(tracker):
        return guide.go_on(place, yes, dispatcher, spoken(tracker))
    if advice.running(tracker):
        return advice.answer("yes" if yes else "no", dispatcher, tracker)
    return None


def repeat(dispatcher: CollectingDispatcher, tracker: Tracker, first: str = "") -> bool:
    """Says the open step or question again, after the response `first`; False if nothing is under way."""
    place = guide.place_of(tracker)
    if tracker.active_loop.get("name") or not (place or advice.running(tracker)):
        return False
    if first:
        dispatcher.utter_message(response=first)
    if place:
        guide.say_again(place, dispatcher, spoken(tracker))
    else:
        advice.ask_again(dispatcher, tracker)
    return True


def end(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Ends what is under way; [] if nothing is."""
    if guide.place_of(tracker):
        dispatcher.utter_message(response="utter_guide_stopped")
    elif advice.running(tracker):
        dispatcher.utter_message(response="utter_advice_stopped")
    else:
        return []
    return [SlotSet("guide", None), SlotSet("advice", None), SlotSet("misses", 0)]


class Deny(Action):
    """A plain "no": to the open step or question, else nothing to do."""

    def name(self) -> str:
        return "action_deny"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        taken = take(False, dispatcher, tracker)
        if taken is not None:
            return taken
        dispatcher.utter_message(response="utter_deny_idle")
        return [SlotSet("yes_means", None)]


class Remind(Action):
    """After a digression: back to the open step or question, if there is one."""

    def name(self) -> str:
        return "action_remind"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        repeat(dispatcher, tracker)
        return [SlotSet("yes_means", None)]  # what was offered before is no longer what a "yes" means
