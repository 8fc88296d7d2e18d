"""Actions around people at the desk, questions left for them, and a person's own data."""

from __future__ import annotations

import datetime
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import pending
from actions.speech import spoken
from assistant.content.responses import variant
from assistant.declarations import Kind
from assistant.desk.handover import NUMBER
from assistant.dialogue import context
from assistant.reading import state as tracked
from assistant.runtime import times

QUESTION_FORM = "question_form"
#: A question of fewer letters cannot be answered by anybody.
_SHORTEST = 8


class AskHuman(Action):
    """Wants a person: into the queue when somebody is at the desk, else an offer to answer later."""

    def name(self) -> str:
        return "action_ask_human"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = context.current()
        place = turn.ask_person("asked")
        if place is None:
            dispatcher.utter_message(response="utter_desk_away", hours=turn.hours_said(spoken(tracker)))
            return [SlotSet(tracked.TOPIC, "desk_closed")]
        dispatcher.utter_message(
            response="utter_desk_waiting", position=str(place.position), minutes=str(place.minutes)
        )
        return [SlotSet(tracked.TOPIC, "waiting_person")]


class Stop(Action):
    """A "stop" outside of any form: out of the queue, if the person stands in it."""

    def name(self) -> str:
        return "action_stop"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        if ended := pending.end(dispatcher, tracker):
            return ended
        left = context.current().leave_queue()
        dispatcher.utter_message(response="utter_desk_left_queue" if left else "utter_nothing_to_cancel")
        return []


class ValidateQuestionForm(FormValidationAction):
    """Takes any sentence as the question, but no pressed button and no single word."""

    def name(self) -> str:
        return f"validate_{QUESTION_FORM}"

    def validate_question(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        text = str(value or "").strip()
        return {"question": None if text.startswith("#") or len(text) < _SHORTEST else text}


class KeepQuestion(Action):
    """Keeps the question and gives its number."""

    def name(self) -> str:
        return "action_keep_question"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn, language = context.current(), spoken(tracker)
        left = turn.leave_question(str(tracker.get_slot("question")))
        dispatcher.utter_message(response="utter_question_kept", number=left.number, day=_day(left.day, language))
        told = variant(domain["responses"].get("utter_question_values") or (), language)
        if left.holds_values and told:
            turn.tell_notice(str(told["text"]), language)
            dispatcher.utter_message(response="utter_question_values")
        return [SlotSet("question", None)]


class DropQuestion(Action):
    """The person would rather not ask."""

    def name(self) -> str:
        return "action_drop_question"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        dispatcher.utter_message(response="utter_nothing_to_cancel")
        return [SlotSet("question", None), SlotSet("requested_slot", None)]


def _day(day: datetime.date, language: str) -> str:
    return f"{day:%-d %B %Y}" if language == "en" else f"{day:%d/%m/%Y}"


def _number(tracker: Tracker) -> str:
    found = NUMBER.search(str(tracker.latest_message.get("text") or ""))
    return f"HD-{found[1]}" if found else ""


class QuestionStatus(Action):
    """Somebody asks after a question by its number."""

    def name(self) -> str:
        return "action_question_status"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn, number = context.current(), _number(tracker)
        state = turn.question_state(number)
        day = turn.question_day(number)
        if state == "open" and day:
            name = "utter_question_open" if day >= times.today() else "utter_question_late"
            dispatcher.utter_message(response=name, number=number, day=_day(day, spoken(tracker)))
        elif state == "answered":
            dispatcher.utter_message(response="utter_question_answer", number=number, answer=turn.answer_of(number))
        else:
            dispatcher.utter_message(response=f"utter_question_{state or 'unknown'}", number=number)
        return []


class TellDay(QuestionStatus):
    """The day of an answer has changed, or has passed: the person hears how it stands."""

    def name(self) -> str:
        return "action_tell_day"


class TellAnswer(QuestionStatus):
    """The desk has answered: the answer goes to the person who asked."""

    def name(self) -> str:
        return "action_tell_answer"


class Declare(Action):
    """Gives a one-time link to the form of a declaration: too much personal data for a chat."""

    def name(self) -> str:
        return "action_declare"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        kind: Kind = "tk1_ts" if tracker.latest_message["intent"]["name"] == "declare_tk1" else "e_transaction"
        dispatcher.utter_message(response=f"utter_declare_{kind}", url=context.current().declaration_url(kind))
        return []


class Erase(Action):
    """Erases what is kept of this conversation."""

    def name(self) -> str:
        return "action_erase"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        context.current().erase()
        dispatcher.utter_message(response="utter_erased")
        # A form that was under way would go on asking for what was just erased.
        return [ActiveLoop(None), AllSlotsReset()]
