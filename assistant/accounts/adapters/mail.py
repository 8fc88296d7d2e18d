"""Sends queued mail by SMTP. A link's token is made here, when its mail goes out: only its hash is kept."""

from __future__ import annotations

import datetime
import email.utils
import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import jinja2
import psycopg
import yaml

from assistant.accounts.limits import LIMITS
from assistant.accounts.model import RegistryUnavailable
from assistant.accounts.ports import Registry
from assistant.accounts.reset import LINK_MAIL, new_link

logger = logging.getLogger(__name__)
_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
_BACKOFF = (2, 10, 30, 120, 600)
_MOST_ATTEMPTS = 10

_CLAIM = """
SELECT m.id, m.kind, m.attempts, r.id::text, r.member_ref, r.masked_code,
       r.expires_at > now() AND r.used_at IS NULL, now()
FROM mail m JOIN resets r ON r.id = m.reset_id
WHERE m.state = 'waiting' AND m.next_try_at <= now()
ORDER BY m.next_try_at LIMIT 1 FOR UPDATE OF m SKIP LOCKED
"""


class MailError(RuntimeError):
    """The mail server did not take a mail; `permanent` says whether trying again may help."""

    def __init__(self, reason: str, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class SmtpMailer:
    """Hands mails to a server named by a URL: smtp:// (STARTTLS where offered) or smtps://."""

    def __init__(self, url: str, sender: str, timeout: float = 10) -> None:
        self._url = urlsplit(url)
        self._sender = sender
        self._timeout = timeout

    def send(self, to: str, subject: str, text: str) -> None:
        """Sends one plain-text mail.

        Raises:
            MailError: if it was not taken.
        """
        message = EmailMessage()
        message["From"] = self._sender
        try:
            message["To"] = to
        except ValueError as error:  # the register holds a line break, or no address at all
            raise MailError("not an address", permanent=True) from error
        message["Subject"] = subject
        message["Date"] = email.utils.formatdate()
        message["Message-ID"] = email.utils.make_msgid(domain=email.utils.parseaddr(self._sender)[1].partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="base64")
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailError(f"refused {codes}", permanent=all(code >= 500 for code in codes)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError(type(error).__name__, permanent=False) from error

    def _connect(self) -> smtplib.SMTP:
        host, user, password = self._url.hostname or "localhost", self._url.username, self._url.password
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self._url.port or 465, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=self._timeout)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
        if user:
            server.login(unquote(user), unquote(password or ""))
        return server


def read_templates(folder: Path) -> dict[str, tuple[str, jinja2.Template]]:
    """Reads data/mail/*.yml: subject and text of each kind."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - plain text
    found = {}
    for path in folder.glob("*.yml"):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        found[path.stem] = (raw["subject"], environment.from_string(raw["text"]))
    return found


class MailWorker(threading.Thread):
    """Sends what waits in the table `mail`, for ever; many may run at once."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        registry: Registry,
        mailer: SmtpMailer,
        templates: Path,
        link_base: str,
        pause: float = 0.5,
    ) -> None:
        super().__init__(name="mail", daemon=True)
        self._connect = connect
        self._registry = registry
        self._mailer = mailer
        self._templates = read_templates(templates)
        self._link_base = link_base.rstrip("/")
        self._pause = pause
        self._stop_now = threading.Event()
        self._wake = threading.Event()

    def wake(self) -> None:
        """Lets the worker look at once."""
        self._wake.set()

    def stop(self) -> None:
        """Ends after the mail in hand."""
        self._stop_now.set()
        self._wake.set()

    def run(self) -> None:
        """Works until `stop`."""
        connection: psycopg.Connection[Any] | None = None
        while not self._stop_now.is_set():
            try:
                if connection is None or connection.closed:
                    connection = self._connect()
                if self.send_one(connection):
                    continue
            except psycopg.Error as error:
                logger.warning("mail: database (%s)", type(error).__name__)
                if connection is not None:
                    connection.close()
            self._wake.wait(self._pause)
            self._wake.clear()
        if connection is not None:
            connection.close()

    def send_one(self, connection: psycopg.Connection[Any]) -> bool:
        """Sends the mail that has waited longest; returns False if none is due."""
        with connection.transaction():
            row = connection.execute(_CLAIM).fetchone()
            if row is None:
                return False
            mail_id, kind, attempts, reset_id, member_ref, masked_code, still_good, now = row
            if kind == LINK_MAIL and not still_good:
                self._end(connection, mail_id, "dead", "expired")
                return True
            try:
                self._send(connection, kind, reset_id, member_ref, masked_code, now)
            except (MailError, RegistryUnavailable) as error:
                permanent = isinstance(error, MailError) and error.permanent
                self._retry(connection, mail_id, attempts + 1, str(error) or type(error).__name__, permanent)
            else:
                self._end(connection, mail_id, "sent", None)
        return True

    def _send(
        self,
        connection: psycopg.Connection[Any],
        kind: str,
        reset_id: str,
        member_ref: str,
        masked_code: str,
        now: datetime.datetime,
    ) -> None:
        member = self._registry.get(member_ref)
        if member is None or member.email is None:
            raise MailError("no address", permanent=True)
        subject, template = self._templates[kind]
        values = {
            "masked_code": masked_code,
            "hours": int(LIMITS.link_lives.total_seconds() // 3600),
            "at": now.astimezone(_VIETNAM).strftime("%H:%M ngày %d/%m/%Y"),
        }
        if kind == LINK_MAIL:
            token, hashed = new_link()
            # In its own connection: the link must be good before the mail is out, whatever happens here.
            with self._connect() as apart:
                apart.execute("INSERT INTO reset_links (hash, reset_id) VALUES (%s, %s)", (hashed, reset_id))
            values["link"] = f"{self._link_base}/{token}"
        self._mailer.send(member.email, subject, template.render(values))

    @staticmethod
    def _end(connection: psycopg.Connection[Any], mail_id: int, state: str, error: str | None) -> None:
        connection.execute(
            "UPDATE mail SET state = %s, error = %s, attempts = attempts + 1, sent_at = now() WHERE id = %s",
            (state, error, mail_id),
        )

    @staticmethod
    def _retry(connection: psycopg.Connection[Any], mail_id: int, attempts: int, error: str, permanent: bool) -> None:
        dead = permanent or attempts >= _MOST_ATTEMPTS
        logger.warning("mail %s: %s", mail_id, "dead" if dead else "try again later")
        connection.execute(
            "UPDATE mail SET state = %s, error = %s, attempts = %s,"
            " next_try_at = now() + make_interval(secs => %s) WHERE id = %s",
            ("dead" if dead else "waiting", error, attempts, _BACKOFF[min(attempts, len(_BACKOFF)) - 1], mail_id),
        )
