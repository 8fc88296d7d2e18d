"""The call as a conversation, whatever the platform: what key 8 of 1900 9068 does, with every branch.

A step takes where the call stands and what was pressed, and says what is said and asked next. What it needs of the
world (the account check, codes, the desk) it asks of a `World`, all in the step's transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from connectors.base.accounts import Checked
from connectors.phone.hearing import CARD, LENGTHS, digits_in
from connectors.phone.steps import Answer, Ask, Heard, Line, Secrets, State

Way = Literal["call_back", "sms", "in_call"]
#: How whoever holds the number gets a code outside of this call; empty: not at all.
Reach = Literal["", "call", "sms"]
#: Failures at one question, or checks without a match in one call; then the office.
MOST = 3
#: How often a code is told in one call, each time twice.
_MOST_HEARD = 3
#: Words of a question for staff, at least.
_SHORTEST = 3


@dataclass(frozen=True)
class Answered:
    """What a question in words came to: a reset, a person, an answer for the ear, or none that can be heard."""

    kind: Literal["reset", "person", "answer", "elsewhere", "unclear"]
    text: str = ""


class World(Protocol):
    """What a step asks of the world."""

    way: Way  # "call_back": the code is told in a call of ours; "sms": in a text message; "in_call": in this call
    reach: Reach
    greeted: tuple[Line, ...]  # what a call begins with
    page: str  # where the code is typed, as it is said
    site: str  # where questions are answered, as it is said
    code_minutes: int
    hears: bool  # whether the platform writes down what is said
    takes_questions: bool  # whether a question can be left: it is heard, and its answer finds the number that rings

    @property
    def hours(self) -> str:
        """When people are at the desk, as it is said."""

    def answer(self, words: str) -> Answered:
        """Answers a question in words, by the same understanding as everywhere."""

    def check(self, code: str) -> Checked:
        """Checks the code with the calling number."""

    def may_reach(self) -> bool:
        """Tells whether one more call back, or text message, is within the day's cap."""

    def reach_number(self, reset_id: str) -> None:
        """Has the number rung back, or sends the code to it, as `reach` says."""

    def new_code(self, reset_id: str) -> str:
        """Returns a one-time code; empty if the reset is over."""

    def call_off(self, reset_id: str) -> None:
        """Ends a reset that the person did not ask for."""

    def put_through(self) -> bool:
        """Tells whether somebody at the desk takes calls now; shows them the conversation."""

    def leave_question(self, question: str) -> str:
        """Keeps a question for staff; returns the day of its answer as it is said, empty if too many wait."""


def next_step(state: State, secrets: Secrets, heard: Heard, world: World) -> Answer:
    """Returns what is said next; `state` and `secrets` are changed to where the call stands then."""
    return _Step(state, secrets, world).take(heard)


def code_of(keys: str) -> str:
    """Returns the code in what was pressed: of a card the last ten digits; empty if it is none."""
    return (keys[-10:] if len(keys) in CARD else keys) if len(keys) in LENGTHS else ""


class _Step:
    """One step."""

    def __init__(self, state: State, secrets: Secrets, world: World) -> None:
        self._state = state
        self._secrets = secrets
        self._world = world
        self._nodes: dict[str, Callable[[str], Answer]] = {
            "menu": self._menu,
            "code": self._code,
            "confirm": self._confirm,
            "again": self._again,
            "back": self._back,
            "heard": self._heard,
            "question": self._question_key,
            "offer": self._offered,
            "leave": self._question_key,
            "left": self._left,
        }
        self._spoken: dict[str, Callable[[str], Answer]] = {
            "code": self._code_said, "question": self._answer, "leave": self._question_said,
        }  # fmt: skip

    def take(self, heard: Heard) -> Answer:
        if heard.what == "begins":
            return self._begin()
        if heard.what == "dialled":
            return self._end("bye") if heard.keys == "completed" else self._nobody_took_it()
        if self._state.node not in self._nodes:
            return self._end("bye")
        if heard.what == "silence":
            # Who has heard the code writes it down.
            return self._end("otp_warning") if self._state.node == "heard" else self._missed("silence")
        if heard.what == "speech":
            spoken = self._spoken.get(self._state.node)
            return spoken(heard.words) if spoken else self._missed("wrong_key")
        return self._nodes[self._state.node](heard.keys)

    def _begin(self) -> Answer:
        if self._state.direction == "back":
            return self._ask("back", "key", Line("back_greeting"), Line("back_menu"))
        return self._ask("menu", "key", *self._world.greeted, Line("menu"))

    def _ask(self, node: str, ask: Ask, *lines: Line) -> Answer:
        if node != self._state.node:
            self._state.node, self._state.misses = node, 0
        return Answer(lines, ask)

    def _end(self, *names: str, **values: str) -> Answer:
        self._state.result = self._state.result or names[0]
        self._state.node = "end"
        return Answer(tuple(Line(name, values) for name in names))

    def _missed(self, why: str) -> Answer:
        """Asks once more; after three times the office."""
        self._state.misses += 1
        if self._state.misses >= MOST:
            return self._given_up()
        asks: dict[str, Ask] = {"code": "number", "question": "words", "leave": "words"}
        return Answer((Line(why), self._question()), asks.get(self._state.node, "key"))

    def _given_up(self) -> Answer:
        if self._state.node == "heard":
            return self._end("otp_warning")
        return self._end("back_no_answer" if self._state.direction == "back" else "give_up")

    def _question(self) -> Line:
        """Returns the open question in its short words."""
        node = self._state.node
        if node == "heard":
            return self._where_it_goes()
        if node == "again":
            return self._tries_left()
        short = {
            "menu": "menu_again", "confirm": "read_back", "back": "back_menu", "question": "question_again",
            "offer": "leave_offer", "leave": "leave_again", "left": "leave_read_back",
        }  # fmt: skip
        if node == "code":
            return self._code_again()
        return Line(short[node])

    def _tries_left(self) -> Line:
        return Line("not_matched_next", {"left": str(MOST - self._state.wrong)})

    def _menu(self, keys: str) -> Answer:
        if keys == "8":
            return self._wants_reset()
        if keys == "1":
            return self._other()
        if keys == "0":
            return self._person()
        return self._ask("menu", "key", Line("menu_again")) if keys == "*" else self._missed("wrong_key")

    def _other(self) -> Answer:
        if self._world.hears:
            return self._ask("question", "words", Line("question_ask"))
        return self._ask("menu", "key", Line("other", {"site": self._world.site}), Line("menu_again"))

    def _question_key(self, keys: str) -> Answer:
        if keys == "0":
            return self._person()
        return self._ask("menu", "key", Line("menu_again")) if keys == "*" else self._missed("wrong_key")

    def _answer(self, words: str) -> Answer:
        answered = self._world.answer(words)
        if answered.kind == "reset":
            return self._wants_reset()
        if answered.kind == "person":
            return self._person()
        if answered.kind == "unclear":
            return self._missed("not_understood")
        self._state.misses, self._state.result = 0, "answered"
        name = "answer" if answered.kind == "answer" else "answer_elsewhere"
        values = {"answer": answered.text} if answered.kind == "answer" else {"site": self._world.site}
        return self._ask("question", "words", Line(name, values), Line("question_more"))

    def _code_said(self, words: str) -> Answer:
        code = code_of(digits_in(words))
        if not code:
            return self._missed("code_unheard")
        self._secrets.code = code
        return self._ask("confirm", "key", Line("read_back"))

    def _code_ask(self) -> Line:
        return Line("code_ask_or_say" if self._world.hears else "code_ask")

    def _code_again(self) -> Line:
        return Line("code_again_or_say" if self._world.hears else "code_again")

    def _wants_reset(self) -> Answer:
        if self._state.caller != "mobile":
            self._state.result = self._state.caller
            return self._ask("menu", "key", Line(self._state.caller), Line("menu_again"))
        return self._ask("code", "number", self._code_ask())

    def _person(self) -> Answer:
        if self._world.put_through():
            self._state.node, self._state.result = "person", "person"
            return Answer((Line("person"),), through=True)
        closed = Line("person_closed", {"hours": self._world.hours})
        if self._world.takes_questions:
            return self._ask("offer", "key", closed, Line("leave_offer"))
        return self._ask("menu", "key", closed, Line("menu_again"))

    def _nobody_took_it(self) -> Answer:
        if self._world.takes_questions:
            return self._ask("offer", "key", Line("person_taken"), Line("leave_offer"))
        return self._end("person_busy")

    def _offered(self, keys: str) -> Answer:
        if keys == "1":
            return self._ask("leave", "words", Line("leave_ask"))
        return self._ask("menu", "key", Line("menu_again")) if keys == "*" else self._missed("wrong_key")

    def _question_said(self, words: str) -> Answer:
        if len(words.split()) < _SHORTEST:
            return self._missed("not_understood")
        self._secrets.question = words
        return self._ask("left", "key", Line("leave_read_back"))

    def _left(self, keys: str) -> Answer:
        if keys in ("2", "*"):
            return self._ask("leave", "words", Line("leave_again"))
        if keys != "1":
            return self._missed("wrong_key")
        day = self._world.leave_question(self._secrets.question)
        self._secrets.question = ""
        return self._end("question_kept", day=day) if day else self._end("question_refused")

    def _code(self, keys: str) -> Answer:
        _, corrected, digits = keys.rpartition("*")
        if corrected and not digits:
            return self._ask("code", "number", self._code_again())
        if digits == "0":
            return self._person()
        if not digits:
            return self._missed("silence")
        code = code_of(digits) if digits.isdecimal() and digits.isascii() else ""
        if not code:
            return self._of_odd_length(digits)
        self._secrets.code = code
        return self._ask("confirm", "key", Line("read_back"))

    def _of_odd_length(self, digits: str) -> Answer:
        self._state.misses += 1
        if self._state.misses >= MOST:
            return self._given_up()
        return Answer((Line("code_length", {"count": str(len(digits))}), self._code_again()), "number")

    def _confirm(self, keys: str) -> Answer:
        if keys == "1":
            return self._check()
        if keys in ("2", "*"):
            return self._ask("code", "number", self._code_again())
        return self._person() if keys == "0" else self._missed("wrong_key")

    def _check(self) -> Answer:
        if self._world.way != "in_call" and not self._world.may_reach():
            return self._end("paused")
        checked = self._world.check(self._secrets.code)
        self._secrets.code = ""
        if checked.result == "started":
            return self._matched(checked.reset_id)
        if checked.result == "not_matched":
            return self._differs()
        if checked.result == "unsaid":
            return self._says_nothing(checked.reset_id)
        return self._end(checked.result, minutes=str(checked.minutes))

    def _matched(self, reset_id: str) -> Answer:
        self._state.reset, self._state.result = reset_id, "matched"
        if self._world.way == "in_call":
            return self._tell_code()
        self._world.reach_number(reset_id)
        return self._end("ring_back" if self._world.reach == "call" else "code_sent")

    def _says_nothing(self, reset_id: str) -> Answer:
        """Ends without a word of match or mismatch; a match is reached, so its owner gets through."""
        self._state.result = "unsaid"
        if reset_id and self._world.reach and self._world.may_reach():
            self._world.reach_number(reset_id)
        return self._end({"call": "unsaid", "sms": "unsaid_sms", "": "unsaid_later"}[self._world.reach])

    def _differs(self) -> Answer:
        self._state.wrong += 1
        if self._state.wrong >= MOST:
            return self._end("not_matched", "not_matched_last")
        return self._ask("again", "key", Line("not_matched"), self._tries_left())

    def _again(self, keys: str) -> Answer:
        if keys == "1":
            return self._ask("code", "number", self._code_again())
        return self._person() if keys == "0" else self._missed("wrong_key")

    def _back(self, keys: str) -> Answer:
        if keys == "1":
            return self._tell_code()
        if keys == "9":
            self._world.call_off(self._state.reset)
            return self._end("back_not_me")
        return self._missed("wrong_key")

    def _tell_code(self) -> Answer:
        self._secrets.otp = self._world.new_code(self._state.reset)
        if not self._secrets.otp:
            return self._end("otp_over")
        self._state.heard, self._state.result = 1, "told"
        return self._ask("heard", "key", Line("otp_intro"), Line("otp"), self._where_it_goes())

    def _where_it_goes(self) -> Line:
        return Line("otp_use", {"minutes": str(self._world.code_minutes), "page": self._world.page})

    def _heard(self, keys: str) -> Answer:
        if keys != "1" or self._state.heard >= _MOST_HEARD:
            return self._end("otp_warning")
        self._state.heard += 1
        return self._ask("heard", "key", Line("otp"), self._where_it_goes())
