"""Leads through a guide of data/guides/, one step a message (assistant.content.guides)."""

from __future__ import annotations

from functools import cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.speech import reading_of, spoken
from assistant.content.guides import Guide, Place, after, read_guides
from assistant.settings import ROOT

_START = "guide_"


@cache
def guides() -> dict[str, Guide]:
    """Returns the guides by name, read once."""
    return read_guides(ROOT / "data/guides")


def place_of(tracker: Tracker) -> Place | None:
    """Returns where the person is, or None if no guide runs."""
    return Place.parse(str(tracker.get_slot("guide") or ""), guides())


def say_again(place: Place, dispatcher: CollectingDispatcher, language: str) -> None:
    """Says where the person is, and the step."""
    _say("utter_guide_where", place, dispatcher, language)


def go_on(place: Place, done: bool, dispatcher: CollectingDispatcher, language: str) -> list[EventType]:
    """Takes "done" or "not yet" for the present step."""
    there = after(place, done, guides()[place.guide])
    if isinstance(there, str):
        dispatcher.utter_message(response=there)
        return [SlotSet("guide", None), SlotSet("misses", 0)]
    return _enter(there, dispatcher, language)


def there_of(place: Place, number: int) -> Place:
    """Returns the place of a step by its number as people count; -1 is the one before."""
    guide = guides()[place.guide]
    wanted = guide.number(place.index) - 1 if number < 0 else number
    return Place(place.guide, guide.at(min(max(wanted, 1), guide.total)))


def _enter(place: Place, dispatcher: CollectingDispatcher, language: str) -> list[EventType]:
    step = guides()[place.guide].steps[place.index]
    if place.helped:
        _say("utter_guide_help", place, dispatcher, language)
    else:
        _say("utter_guide_aside" if step.aside else "utter_guide_step", place, dispatcher, language)
    return [SlotSet("guide", str(place)), SlotSet("misses", 0)]


def _say(response: str, place: Place, dispatcher: CollectingDispatcher, language: str) -> None:
    guide = guides()[place.guide]
    step = guide.steps[place.index]
    dispatcher.utter_message(
        response=response,
        number=str(guide.number(place.index)),
        total=str(guide.total),
        title=guide.titled(language),
        name=step.text("name", language),
        say=step.text("say", language),
        help=step.text("help", language),
    )


class LeadOn(Action):
    """Starts the guide a button names, or takes the buttons "done" and "not yet"."""

    def name(self) -> str:
        return "action_guide"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        intent = tracker.latest_message["intent"]["name"]
        wanted = intent.removeprefix(_START)
        if intent.startswith(_START) and wanted in guides():
            return [SlotSet("advice", None), *_enter(Place(wanted), dispatcher, spoken(tracker))]
        place = place_of(tracker)
        if place is None:
            dispatcher.utter_message(response="utter_guide_none")
            return []
        if (number := int(reading_of(tracker).get("step") or 0)) and intent == "step_done":
            return _enter(there_of(place, number), dispatcher, spoken(tracker))
        return go_on(place, intent == "step_done", dispatcher, spoken(tracker))
