"""The short dialogue that finds a person's route: which question next, or which route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from assistant.advice.routes import Contact, Question, Route, Situation, Table, decide

Answer = Literal["yes", "no", "?"]
Answers = Mapping[str, Answer]
ANSWERS: tuple[Answer, ...] = ("yes", "no", "?")
#: More than this nobody answers.
MOST_QUESTIONS = 4


def parse(state: str) -> dict[str, Answer]:
    """Reads "mailbox=yes;sim=?"; what is no answer is dropped."""
    pairs = (part.partition("=")[::2] for part in state.split(";"))
    return {name: answer for name, answer in pairs if answer in ANSWERS}


def compact(answers: Answers) -> str:
    """Writes what `parse` reads."""
    return ";".join(f"{name}={answer}" for name, answer in answers.items())


def situation_of(answers: Answers) -> Situation:
    """Returns the situation the answers describe.

    Not sure counts as no. Without an answer, the code is taken as known (the next step says how to
    find it) and the account as one with contacts; who is sure of neither contact may have no account.
    """
    yes = {name for name, answer in answers.items() if answer == "yes"}
    contact = Contact.BOTH
    if answers.get("mailbox") == answers.get("sim") == "?":
        contact = Contact.UNKNOWN
    elif ("mailbox" in yes) != ("sim" in yes):
        contact = Contact.EMAIL if "mailbox" in yes else Contact.PHONE
    return Situation(
        code=answers.get("code", "yes") == "yes",
        contact=contact,
        mailbox="mailbox" in yes,
        sim="sim" in yes,
        password="password" in yes,
        vneid="vneid" in yes,
        locked="locked" in yes,
    )


def next_step(answers: Answers, table: Table) -> Question | Route:
    """Returns the question to ask next, or the route once no question can change it."""
    question = _open_question(answers, table)
    reachable = _reachable(answers, table)
    return question if question and len(reachable) > 1 else reachable[0]


def _open_question(answers: Answers, table: Table) -> Question | None:
    asked = sum(name != "locked" for name in answers)
    if asked >= MOST_QUESTIONS:
        return None
    for question in table.questions:
        wanted = all(name in answers and (answers[name] == "yes") == yes for name, yes in question.when.items())
        if wanted and question.about not in answers:
            return question
    return None


def _reachable(answers: Answers, table: Table) -> list[Route]:
    question = _open_question(answers, table)
    if question is None:
        return [decide(situation_of(answers), table)]
    found = {r.name: r for answer in ANSWERS for r in _reachable({**answers, question.about: answer}, table)}
    return list(found.values())
