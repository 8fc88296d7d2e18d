"""The way of letters out and back, built from the settings."""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg

from assistant.accounts.ports import Registry
from assistant.desk.alerts import EVERY, Alerts, Ways
from assistant.desk.handover import Desk
from assistant.mail.smtp import ReturnPath, SmtpMailer
from assistant.mail.undelivered import Tell, Undelivered
from assistant.mail.worker import MailWorker
from assistant.messages import inbox
from assistant.messages.events import Event
from assistant.privacy.vault import Vault
from assistant.runtime.conversation import channel_of
from assistant.runtime.periodic_jobs import Job
from assistant.settings import ROOT, Settings, SettingsError
from assistant.web.pages import RESET_PATH

if TYPE_CHECKING:
    from assistant.mail.return_path import Bounces

Connect = Callable[[], psycopg.Connection[Any]]
_BOUNCE_SECONDS = 60.0
_BOUNCE_ADDRESS = re.compile(r"[A-Za-z0-9._-]{1,31}@[A-Za-z0-9.-]+")  # with +TOKEN at most 64 before the @


def mailer(settings: Settings, smtp_url: str, in_process: bool = False) -> SmtpMailer:
    """Returns the way out.

    Args:
        settings: this server's.
        smtp_url: its own, or the demo's mailbox.
        in_process: the mailbox is part of this process: there is nothing to encrypt between.

    Raises:
        SettingsError: if letters cannot be sent safely with these settings.
    """
    if not smtp_url.startswith(("smtp://", "smtps://")):
        raise SettingsError("SMTP_URL begins with smtp:// or smtps://")
    if not email.utils.parseaddr(settings.mail_from)[1].partition("@")[2]:
        raise SettingsError("MAIL_FROM is no address")
    path = ReturnPath(_bounce_address(settings)) if settings.bounce_address else None
    tls = "plain" if in_process else settings.smtp_tls
    try:
        return SmtpMailer(smtp_url, settings.mail_from, tls, settings.mail_ca_file, path)
    except OSError as error:
        raise SettingsError(f"MAIL_CA_FILE cannot be used ({type(error).__name__})") from error


def worker(
    settings: Settings, connect: Connect, registry: Registry, vault: Vault, smtp_url: str, in_process: bool
) -> MailWorker:
    """Returns what sends the queued letters."""
    return MailWorker(
        connect,
        registry,
        mailer(settings, smtp_url, in_process),
        ROOT / "data/mail",
        f"{settings.base_url}{RESET_PATH}",
        undelivered=tell_person(vault),
        limits=settings.limits,
    )


def tell_person(vault: Vault) -> Tell:
    """Returns what tells a person, where they asked for it, that their letter could not be delivered."""

    def tell(connection: psycopg.Connection[Any], lost: Undelivered) -> None:
        channel = channel_of(lost.person)
        event = Event(channel, f"mail-bounced {lost.mail_id}", lost.person, "system", payload="#mail_bounced")
        inbox.accept_within(connection, event, vault)

    return tell


def bounces(settings: Settings, connect: Connect, vault: Vault) -> Bounces:
    """Returns what takes in letters that came back.

    Raises:
        SettingsError: if BOUNCE_ADDRESS is not set, or no address.
    """
    from assistant.mail.return_path import Bounces

    return Bounces(connect, _bounce_address(settings), tell_person(vault))


def bounce_jobs(settings: Settings, connect: Connect, vault: Vault) -> list[Job]:
    """Returns the work of reading the mailbox where letters come back; none without BOUNCE_IMAP_URL."""
    url = settings.bounce_imap_url.get_secret_value()
    if not url:
        return []
    from assistant.mail.bounce_mailbox import BounceBox

    box, office = BounceBox(url, settings.mail_ca_file), bounces(settings, connect, vault)

    async def read() -> None:
        await asyncio.to_thread(box.read, office.take)

    return [Job("letters that came back", _BOUNCE_SECONDS, read, alone=True)]


def alert_jobs(
    settings: Settings, connect: Connect, desk: Desk, vault: Vault, smtp_url: str, in_process: bool
) -> list[Job]:
    """Returns the work of telling those in charge, and agents in their browsers, that somebody is needed."""
    webhook, emails = settings.alert_webhook.get_secret_value(), re.split(r"[,\s]+", settings.alert_emails)
    ways = Ways(
        webhook,
        tuple(filter(None, emails)),
        datetime.timedelta(seconds=settings.alert_wait_seconds),
        f"{settings.base_url}/console/desk",
        vault,
        f"mailto:{email.utils.parseaddr(settings.mail_from)[1]}",
    )
    letters = mailer(settings, smtp_url, in_process) if ways.emails and smtp_url else None
    alerts = Alerts(connect, desk, ways, letters)

    async def tell() -> None:
        await asyncio.to_thread(alerts.round)

    return [Job("alerts of the desk", EVERY, tell, alone=True)]


def _bounce_address(settings: Settings) -> str:
    if not _BOUNCE_ADDRESS.fullmatch(settings.bounce_address):
        raise SettingsError("BOUNCE_ADDRESS must be set, like bounce@vssid.example")
    return settings.bounce_address
