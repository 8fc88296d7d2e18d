"""Messages that are no question in words, and what is said before an answer: a trap's signs, an old form."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import pending
from actions.speech import spoken
from assistant.content.responses import variant
from assistant.reading.old_figures import names_old_form


class Foreign(Action):
    """Says in the person's language, and in English, where somebody helps; a form goes on afterwards."""

    def name(self) -> str:
        return "action_foreign"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        named = f"utter_foreign_{tracker.latest_message.get('text_language')}"
        dispatcher.utter_message(response=named if named in domain.get("responses", {}) else "utter_foreign")
        pending.repeat(dispatcher, tracker)
        return [SlotSet("misses", 0)]


class Language(Action):
    """Says that the conversation goes on in the language that was wished for; what is open is said again in it."""

    def name(self) -> str:
        return "action_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        dispatcher.utter_message(response="utter_language")
        pending.repeat(dispatcher, tracker)
        return [SlotSet("misses", 0)]


def name_signs(dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> None:
    """Says what is wrong in a pasted message, before the answer on traps."""
    responses = domain.get("responses", {})
    found = [f"utter_scam_sign_{sign}" for sign in tracker.latest_message.get("scam_signs") or ()]
    language = spoken(tracker)
    said = "; ".join(str(variant(responses[name], language)["text"]) for name in found if name in responses)
    if said:
        dispatcher.utter_message(response="utter_scam_signs", signs=said)


def name_old_form(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Says that a form is of the old law, before an answer, where the message names one."""
    if names_old_form(str(tracker.latest_message.get("text") or "")):
        dispatcher.utter_message(response="utter_old_form")
