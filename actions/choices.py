"""Several accounts or contacts in one message: asks which, one after the other; values of two never cross."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import speech
from assistant.accounts.model import mask_email
from assistant.content.book import Book
from assistant.dialogue import context
from assistant.identifiers import tokens
from assistant.nlu import roles

#: As many buttons as there are intents `pick_1` … in domain.yml; who is further back comes up once one is done.
_SHOWN = 4
_LAST_DIGITS = 3


def ask(dispatcher: CollectingDispatcher, tracker: Tracker, slot: str = "contact") -> bool:
    """Asks which of the values is meant; False if nothing is open.

    Args:
        dispatcher: takes the question.
        tracker: the conversation.
        slot: what the form asks for; contacts can wait until it asks for one.
    """
    choices = str(tracker.get_slot("choices") or "")
    rows = roles.rows_of(choices)
    contacts = roles.are_contacts(choices)
    if not rows or (contacts and slot != "contact"):
        return False
    name = "utter_which_contact" if contacts else "utter_which_account"
    dispatcher.utter_message(response=name, buttons=_buttons(rows, tracker, contacts), count=str(len(rows)))
    return True


def offer_next(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Offers the accounts of the same message that wait for their turn; [] if none does."""
    later = str(tracker.get_slot("later") or "")
    if not later:
        return []
    dispatcher.utter_message(response="utter_next_account", buttons=_buttons(roles.rows_of(later), tracker))
    return [SlotSet("choices", later), SlotSet("later", None)]


def _buttons(rows: list[list[str]], tracker: Tracker, contacts: bool = False) -> list[dict[str, str]]:
    book = speech.book_of(tracker)
    shown = [
        {"title": _title(row[0], place, contacts, book), "payload": f"#pick_{place}"}
        for place, row in enumerate(rows[:_SHOWN], 1)
    ]
    return [*shown, {"title": book.title("cancel"), "payload": "#cancel"}]


def _title(token: str, place: int, contact: bool, book: Book) -> str:
    """Returns what names a value and does not tell it: its last digits, or the masked address."""
    kind, value = tokens.kind_of(token), context.current().reveal(token)
    if value is None:
        return f"{book.title('pick_place')} {place}"
    if kind == "email":
        return mask_email(value)
    return f"{book.title('pick_number' if contact else 'pick_code')} {value[-_LAST_DIGITS:]}"


class Pick(Action):
    """The person said which: its values alone go on."""

    def name(self) -> str:
        return "action_pick"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        choices = str(tracker.get_slot("choices") or "")
        rows = roles.rows_of(choices)
        place = int(tracker.latest_message["intent"]["name"].removeprefix("pick_")) - 1
        if place >= len(rows):
            return []
        if roles.are_contacts(choices):
            return [SlotSet("contact", rows[place][0]), SlotSet("choices", None)]
        code, *contacts = rows[place]
        rest = roles.without(choices, code)
        open_ = contacts if len(contacts) > 1 else []
        return [
            SlotSet("bhxh_code", code),
            SlotSet("contact", contacts[0] if len(contacts) == 1 else None),
            SlotSet("choices", roles.as_contacts(open_) if open_ else None),
            SlotSet("later", rest or None),
            *(SlotSet(name, None) for name in ("unsure_number", "problem", "asked", "refused")),
        ]
