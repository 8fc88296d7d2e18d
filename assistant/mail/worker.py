"""Sends the letters queued in the table `mail`. A link's token is made when its letter goes out: only its hash is kept.

A letter is leased, not locked, while it is on its way: no transaction is open while the mail server thinks, and
a server that hangs holds up nobody else's letter. What dies in between is sent again when the lease has run out,
and then marked `maybe_twice`.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import tenacity

from assistant.accounts.model import RegistryUnavailable
from assistant.accounts.ports import Registry
from assistant.accounts.reset import LINK_MAIL, new_link
from assistant.content.languages import DEFAULT
from assistant.mail.letters import Letters
from assistant.mail.smtp import MailError, SmtpMailer
from assistant.mail.undelivered import Undelivered, give_up
from assistant.runtime import tracing
from assistant.settings.limits import LIMITS, Limits

logger = logging.getLogger(__name__)
#: Longer than the registry and the mail server may take together.
_LEASE = 90
_AT_ONCE = 4
#: A link is of use for an hour; that a password was changed must be told days later, too.
_BACKOFF = {True: (2, 10, 30, 120, 600), False: (2, 10, 30, 120, 600, 3600)}
_MOST_ATTEMPTS = {True: 10, False: 80}

_CLAIM = """
WITH due AS (
    SELECT id FROM mail
    WHERE state = 'waiting' AND next_try_at <= now() AND (lease_until IS NULL OR lease_until < now())
    ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE mail SET lease_until = now() + make_interval(secs => %s), attempts = attempts + 1,
                    maybe_twice = maybe_twice OR lease_until IS NOT NULL
    FROM due WHERE mail.id = due.id RETURNING mail.*
)
SELECT m.id, m.kind, m.attempts, m.bounce_token, m.reset_id::text, coalesce(m.member_ref, r.member_ref),
       coalesce(m.masked_code, r.masked_code), coalesce(r.expires_at > now() AND r.used_at IS NULL, false), now(),
       coalesce(m.language, r.language, '')
FROM taken m LEFT JOIN resets r ON r.id = m.reset_id
"""
_SENT = """
UPDATE mail SET state = 'sent', error = NULL, sent_at = now(), lease_until = NULL
WHERE id = %s AND state = 'waiting'
"""
_LATER = """
UPDATE mail SET error = %s, lease_until = NULL, next_try_at = now() + make_interval(secs => %s),
                maybe_twice = maybe_twice OR %s
WHERE id = %s AND state = 'waiting'
"""
_EVENT = """
SELECT split_part(person, ':', 1), substr(event, length(person) + 2) FROM resets WHERE id = %s
"""
_LINK = "INSERT INTO reset_links (hash, reset_id) VALUES (%s, %s)"


@dataclass(frozen=True)
class Mail:
    """A letter that is being sent."""

    id: int
    kind: str
    attempts: int  # this one included
    token: str
    reset_id: str | None
    member_ref: str
    masked_code: str
    link_good: bool
    now: datetime.datetime
    language: str = ""  # of its reset; several with a blank between them; empty: nobody has said

    @property
    def with_link(self) -> bool:
        """Whether it is of use only as long as its link."""
        return self.kind == LINK_MAIL


class MailWorker(threading.Thread):
    """Sends what waits, for ever, a few at a time; many may run at once.

    Args:
        connect: opens a connection to the store.
        registry: where the addresses are.
        mailer: the way out.
        templates: data/mail.
        link_base: what a link is appended to.
        pause: seconds between looks.
        undelivered: told, in the transaction that gives a letter up, whom it did not reach.
        limits: say how long a link lives.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        registry: Registry,
        mailer: SmtpMailer,
        templates: Path,
        link_base: str,
        pause: float = 0.5,
        undelivered: Callable[[psycopg.Connection[Any], Undelivered], None] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        super().__init__(name="mail", daemon=True)
        self._connect = connect
        self._registry = registry
        self._mailer = mailer
        self._letters = Letters(templates)
        self._link_base = link_base.rstrip("/")
        self._pause = pause
        self._undelivered = undelivered
        self._limits = limits
        self._stop_now = threading.Event()
        self._wake = threading.Event()
        self._slots = threading.Semaphore(_AT_ONCE)

    def wake(self) -> None:
        """Lets the worker look at once."""
        self._wake.set()

    def stop(self) -> None:
        """Ends after the letters in hand."""
        self._stop_now.set()
        self._wake.set()

    def run(self) -> None:
        """Works until `stop`."""
        connection: psycopg.Connection[Any] | None = None
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mail") as senders:
            while not self._stop_now.is_set():
                try:
                    if connection is None or connection.closed:
                        connection = self._connect()
                    if self._begin_one(connection, senders):
                        continue
                except psycopg.Error as error:
                    logger.warning("mail: database (%s)", type(error).__name__)
                    if connection is not None:
                        connection.close()
                self._wake.wait(self._pause)
                self._wake.clear()
        if connection is not None:
            connection.close()

    def _begin_one(self, connection: psycopg.Connection[Any], senders: ThreadPoolExecutor) -> bool:
        if not self._slots.acquire(timeout=self._pause):
            return True
        mail = None
        try:
            mail = claim(connection)
        finally:
            if mail is None:
                self._slots.release()
        if mail is not None:
            senders.submit(self._send_apart, mail)
        return mail is not None

    def _send_apart(self, mail: Mail) -> None:
        try:
            self._send(mail)
        except Exception as error:  # noqa: BLE001 - the lease runs out and it is tried again
            logger.error("mail %s: %s", mail.id, type(error).__name__)
        finally:
            self._slots.release()

    def send_one(self, connection: psycopg.Connection[Any]) -> bool:
        """Sends the letter that has waited longest; returns False if none is due."""
        mail = claim(connection)
        if mail is not None:
            self._send(mail)
        return mail is not None

    def _send(self, mail: Mail) -> None:
        """Sends a letter and notes how that ended."""
        event = self._event_of(mail) if tracing.on() else None
        with tracing.mail(event, mail.id, mail.kind, mail.attempts) as traced:
            failure = self._try(mail)
            traced.set(error=str(failure) if failure else None)
        self._note(mail, failure)

    def _event_of(self, mail: Mail) -> tuple[str, str] | None:
        """Returns channel and id of the event that asked for a letter, for its trace."""
        with suppress(psycopg.Error), self._connect() as connection:
            row = connection.execute(_EVENT, (mail.reset_id,)).fetchone()
            return (row[0], row[1]) if row else None
        return None

    def _try(self, mail: Mail) -> MailError | None:
        try:
            if mail.with_link and not mail.link_good:
                raise MailError("expired", permanent=True)
            self._hand_over(mail)
        except RegistryUnavailable as error:
            return MailError(type(error).__name__)
        except MailError as error:
            return error
        return None

    def _hand_over(self, mail: Mail) -> None:
        member = self._registry.get(mail.member_ref)
        if member is None or member.email is None:
            raise MailError("no address", permanent=True)
        languages = mail.language.split() or [DEFAULT]
        values = {
            "masked_code": mail.masked_code,
            "lives": self._letters.lives(self._limits.link_minutes, languages[0]),
            "at": self._letters.moment(mail.now, languages[0]),
        }
        link = ""
        if mail.with_link:
            token, hashed = new_link()
            with self._connect() as connection:  # the link is good before the letter is out, whatever happens here
                connection.execute(_LINK, (hashed, mail.reset_id))
            link = f"{self._link_base}/{token}"
        self._mailer.send(member.email, self._letters.write(mail.kind, link, languages, **values), mail.token)

    # Once a letter is out, that it is out must be noted: otherwise it goes out again.
    @tenacity.retry(
        retry=tenacity.retry_if_exception_type(psycopg.OperationalError),
        wait=tenacity.wait_exponential(0.1, max=5),
        stop=tenacity.stop_after_delay(_LEASE / 3),
        reraise=True,
    )
    def _note(self, mail: Mail, failure: MailError | None) -> None:
        with self._connect() as connection:
            if failure is None:
                connection.execute(_SENT, (mail.id,))
            elif failure.permanent or mail.attempts >= _MOST_ATTEMPTS[mail.with_link]:
                logger.warning("mail %s: given up (%s)", mail.id, failure)
                give_up(connection, mail.id, str(failure), self._undelivered)
            else:
                waits = _BACKOFF[mail.with_link]
                logger.warning("mail %s: later (%s)", mail.id, failure)
                pause = waits[min(mail.attempts, len(waits)) - 1]
                connection.execute(_LATER, (str(failure), pause, failure.maybe_taken, mail.id))


def claim(connection: psycopg.Connection[Any]) -> Mail | None:
    """Takes the letter that is due longest, for a while; None if none is. Commits."""
    with connection.transaction():
        row = connection.execute(_CLAIM, (_LEASE,)).fetchone()
    return Mail(*row) if row else None
