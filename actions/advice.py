"""The short dialogue that asks what is missing and lands on a route (assistant.advice.dialogue)."""

from __future__ import annotations

from functools import cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.speech import spoken
from assistant.advice import dialogue
from assistant.advice.routes import Question, Table, read_table
from assistant.settings import ROOT

#: Nothing answered yet, but under way.
_BEGUN = "begun"
_ANSWERS: dict[str, dialogue.Answer] = {"affirm": "yes", "deny": "no", "unsure": "?"}


@cache
def table() -> Table:
    """Returns the decision table, read once."""
    return read_table(ROOT / "data/routes.yml")


def running(tracker: Tracker) -> bool:
    """Tells whether a question is open."""
    return bool(tracker.get_slot("advice"))


def ask_again(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Says the open question."""
    step = dialogue.next_step(dialogue.parse(str(tracker.get_slot("advice"))), table())
    if isinstance(step, Question):
        dispatcher.utter_message(response=step.response)


def answer(given: dialogue.Answer, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Takes an answer to the open question and goes on."""
    answers = dialogue.parse(str(tracker.get_slot("advice")))
    step = dialogue.next_step(answers, table())
    if isinstance(step, Question):
        answers[step.about] = given
    return _go_on(answers, dispatcher, tracker)


def _go_on(answers: dict[str, dialogue.Answer], dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    step = dialogue.next_step(answers, table())
    if isinstance(step, Question):
        dispatcher.utter_message(response=step.response)
        asks = f">{step.about}"  # read by assistant.reading.state, passed over by advice.parse
        return [SlotSet("advice", f"{dialogue.compact(answers) or _BEGUN};{asks}"), SlotSet("misses", 0)]
    fee, time = step.costs(spoken(tracker))
    dispatcher.utter_message(response=step.response, fee=fee, time=time)
    meant = f"#{step.then}" if step.then else None
    return [SlotSet("advice", None), SlotSet("yes_means", meant), SlotSet("misses", 0)]


class Advise(Action):
    """Starts the questions, or takes "not sure" as an answer."""

    def name(self) -> str:
        return "action_advise"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        intent = tracker.latest_message["intent"]["name"]
        if intent in _ANSWERS:
            if running(tracker):
                return answer(_ANSWERS[intent], dispatcher, tracker)
            dispatcher.utter_message(response="utter_advice_none")
            return []
        dispatcher.utter_message(response="utter_advice_start")
        known: dict[str, dialogue.Answer] = {"locked": "yes"} if intent == "advise_locked" else {}
        return [SlotSet("guide", None), *_go_on(known, dispatcher, tracker)]
