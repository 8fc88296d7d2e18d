"""What an action may reach during a turn: the person's tokens, the reset, the catalogue of topics."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import psycopg

from assistant import audit, declarations, identifiers
from assistant.accounts.model import Outcome, RequestReset, SignInFirst
from assistant.accounts.ports import Registry
from assistant.accounts.records import PostgresResetStore
from assistant.accounts.reset import request_reset
from assistant.content.book import Book
from assistant.content.languages import DEFAULT
from assistant.content.offices import Offices
from assistant.desk import handover, rules
from assistant.identifiers import tokens
from assistant.privacy import consent, erasure, secret_links
from assistant.privacy.vault import Vault, VaultError
from assistant.runtime import conversation as names
from assistant.runtime import metrics, times
from assistant.settings.limits import LIMITS, Limits

_COUNTS_MINUTES = re.compile(r"(?:(?<=[.!?])\s+|^)[^.!?]*\{minutes_left\}[^.!?]*[.!?]")

#: Said of an address that nothing is known of any more.
_ITS_EMAIL = {"vi": "e-mail đã đăng ký", "en": "the registered email"}


@dataclass(frozen=True)
class TurnContext:
    """One turn's surroundings. Everything it writes is in the turn's transaction."""

    conversation: str
    event_id: str
    connection: psycopg.Connection[Any]
    vault: Vault
    registry: Registry
    desk: handover.Desk
    base_url: str
    offices: Offices
    books: Mapping[str, Book]  # what is said, by language
    left: Mapping[str, str] = field(default_factory=dict)  # of our acts: masked_email, minutes_left
    limits: Limits = LIMITS
    address: str = ""  # keyed hashes of the networks the event came from, the nearest first, where they are known
    erased: list[bool] = field(default_factory=list)  # filled when the dialogue is to be forgotten

    def erase(self) -> None:
        """Erases what is kept of this conversation; the turn ends without a memory of it."""
        channel = self.conversation.partition(":")[0]
        person = audit.Person(self.conversation)
        erasure.erase(self.connection, self.conversation, actor=person, where=channel, in_turn=True)
        self.erased.append(True)

    def book(self, language: str) -> Book:
        """Returns what is said in a language."""
        return self.books.get(language) or self.books[DEFAULT]

    def hours_said(self, language: str) -> str:
        """Returns when the desk is staffed, in words."""
        desk = rules.in_force(self.connection, self.desk)
        return desk.said_in.get(language) or desk.hours_said

    def filled(self, text: str, language: str = DEFAULT) -> str:
        """Returns a text of the content with what our acts left, where things are said, and the figures of today.

        A sentence that counts the minutes of a link is said of a living link only.
        """
        if self.left.get("minutes_left") == "0":
            text = _COUNTS_MINUTES.sub("", text).strip()
        left = dict(self.left)
        if not left.get("masked_email"):
            left["masked_email"] = _ITS_EMAIL.get(language, _ITS_EMAIL[DEFAULT])
        hours = {"hours": self.hours_said(language)} if "{hours}" in text else {}
        values = hours | {"privacy_url": self.privacy_url(language), **left}
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return self.books[DEFAULT].constants.filled(text, times.today(), language)

    def privacy_url(self, language: str = DEFAULT) -> str:
        """Returns the address of the page that says what is kept, in a language: a browser may never have been here."""
        return f"{self.base_url}/quyen-rieng-tu" + ("" if language == DEFAULT else f"?lang={language}")

    def tell_notice(self, words: str, language: str = DEFAULT) -> bool:
        """Records that the person is told what is kept of them; False if they were told the same before."""
        return consent.tell(self.connection, self.conversation, consent.notice(words, language))

    def declaration_url(self, kind: declarations.Kind) -> str:
        """Returns a one-time link to the form of a declaration; its secret is sealed until it is sent."""
        secret = declarations.new_link(self.connection, self.conversation, kind)
        hidden = secret_links.hide(self.connection, self.vault, self.conversation, secret)
        return f"{self.base_url}{declarations.PATH}/{hidden}"

    def ask_person(self, reason: str) -> handover.Queued | None:
        """Puts the person into the desk's queue; None if nobody is there."""
        return handover.ask(self.connection, self.conversation, reason, self.desk)

    def leave_queue(self) -> bool:
        """Takes the person out of the queue; False if they were not in it."""
        return handover.leave(self.connection, self.conversation)

    def leave_question(self, question: str) -> handover.Left:
        """Keeps a question for the desk."""
        return handover.leave_question(self.connection, self.conversation, question, self.desk)

    def question_day(self, number: str) -> datetime.date | None:
        """Returns the day by which a question of this person is answered, as they were told."""
        return handover.question_day(self.connection, self.conversation, number)

    def question_state(self, number: str) -> str | None:
        """Returns "open", "answered" or None."""
        return handover.question_state(self.connection, self.conversation, number)

    def answer_of(self, number: str) -> str:
        """Returns the desk's answer to a question of this person."""
        return handover.answer_of(self.connection, self.conversation, number)

    def marked_wrong(self) -> tuple[str, list[str]]:
        """Returns what the answer was about that the person marked as wrong last, and what else was likely."""
        row = self.connection.execute(
            "SELECT t.intent, t.ranking FROM ratings r JOIN outbox o ON o.id = r.outbox_id"
            " JOIN turns t ON t.inbox_id = o.inbox_id"
            " WHERE r.conversation = %s AND NOT r.good ORDER BY r.at DESC LIMIT 1",
            (self.conversation,),
        ).fetchone()
        return (str(row[0]), [str(guess["name"]) for guess in row[1] or ()]) if row else ("", [])

    def reveal(self, token: str) -> str | None:
        """Returns the value behind a token, or None if it has expired."""
        row = self.connection.execute(
            "SELECT sealed FROM vault WHERE conversation = %s AND token = %s AND expires_at > now()",
            (self.conversation, token),
        ).fetchone()
        if row is None:
            return None
        try:
            return self.vault.open(row[0], f"{self.conversation} {token}")
        except VaultError:
            return None

    @property
    def may_check(self) -> bool:
        """Whether an account is checked for this person: not where a new name costs nothing and no network is known."""
        return not names.is_anonymous(self.conversation)

    def request_reset(self, code_token: str, contact_token: str, language: str = DEFAULT) -> Outcome | None:
        """Checks and starts a reset, with letters and pages in a language; None if a value has expired meanwhile."""
        if not self.may_check:
            return SignInFirst()
        kind, code, contact = tokens.kind_of(code_token), self.reveal(code_token), self.reveal(contact_token)
        wanted = identifiers.code_from(kind, code) if kind and code else None
        if wanted is None or contact is None:
            return None
        address, *networks = self.address.split() or [""]
        command = RequestReset(
            self.conversation, self.event_id, wanted, contact, address, tuple(networks), language=language
        )
        store = PostgresResetStore(self.connection)
        outcome = request_reset(command, store, self.registry, self.vault.token_key, self.limits)
        metrics.resets.labels(type(outcome).__name__).inc()
        return outcome


_current: ContextVar[TurnContext] = ContextVar("turn")


def current() -> TurnContext:
    """Returns the turn that is running.

    Raises:
        LookupError: outside of a turn.
    """
    return _current.get()


@contextmanager
def running(turn: TurnContext) -> Iterator[None]:
    """Makes `turn` the current one."""
    mark = _current.set(turn)
    try:
        yield
    finally:
        _current.reset(mark)
