"""The reset: check who asks, send a one-time link to the address on record, set the password."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import secrets
import uuid

from assistant.accounts.limits import LIMITS, Limits
from assistant.accounts.model import (
    LinkInvalid,
    Member,
    NoEmailOnRecord,
    NotMatched,
    Outcome,
    RegistryDown,
    RegistryUnavailable,
    RequestReset,
    Reset,
    ResetLimitReached,
    ResetStarted,
    TooManyTries,
    WeakPassword,
    mask_code,
    mask_email,
)
from assistant.accounts.ports import Registry, ResetStore

LINK_MAIL = "reset_link"
CHANGED_MAIL = "password_changed"
_RUNS_OF_DIGITS = "01234567890123456789 98765432109876543210"


def request_reset(command: RequestReset, store: ResetStore, registry: Registry, limits: Limits = LIMITS) -> Outcome:
    """Checks code and contact, and starts a reset if they match.

    Unknown code, wrong contact and an account that may not be reset give the same outcome; a
    registry that does not answer costs no try.
    """
    store.lock_person(command.person)
    now = store.now()
    left = min(
        limits.tries - store.failures(command.person, now - limits.tries_window),
        limits.tries_per_day - store.failures(command.person, now - datetime.timedelta(days=1)),
    )
    if left <= 0:
        store.audit("reset.refused", command.person, reason="tries")
        return TooManyTries(_minutes(limits))
    try:
        member = registry.find(command.code)
    except RegistryUnavailable:
        store.audit("reset.unavailable", command.person)
        return RegistryDown()
    if member is None or not member.has_contact(command.contact):
        return _refuse(command, store, left - 1, limits)
    if not member.email:
        store.audit("reset.no_email", command.person, member=member.ref)
        return NoEmailOnRecord()
    return _start(command, member, member.email, store, limits)


def _minutes(limits: Limits) -> int:
    return int(limits.tries_window.total_seconds() // 60)


def _refuse(command: RequestReset, store: ResetStore, left: int, limits: Limits) -> Outcome:
    store.add_failure(command.person, command.event)
    store.audit("reset.not_matched", command.person)
    return NotMatched(left) if left > 0 else TooManyTries(_minutes(limits))


def _start(command: RequestReset, member: Member, email: str, store: ResetStore, limits: Limits) -> Outcome:
    now = store.now()
    day, hour = now - datetime.timedelta(days=1), now - datetime.timedelta(hours=1)
    masked = mask_email(email)
    store.lock_member(member.ref)
    if (
        store.started(day, member_ref=member.ref) >= limits.resets_per_member
        or store.started(hour, member_ref=member.ref) >= limits.mails_per_member
        or store.started(hour, person=command.person) >= limits.resets_per_person
    ):
        store.audit("reset.limited", command.person, member=member.ref)
        return ResetLimitReached(masked)
    reset = Reset(
        id=str(uuid.uuid4()),
        member_ref=member.ref,
        person=command.person,
        masked_code=mask_code(command.code),
        expires_at=now + limits.link_lives,
        used_at=None,
    )
    store.add_reset(reset, command.event)
    store.queue_mail(LINK_MAIL, reset.id)
    store.audit("reset.started", command.person, member=member.ref, reset=reset.id)
    return ResetStarted(masked)


def new_link() -> tuple[str, bytes]:
    """Returns a fresh link token (256 bits, URL-safe) and the hash that is stored of it."""
    token = secrets.token_urlsafe(32)
    return token, link_hash(token)


def link_hash(token: str) -> bytes:
    """Returns what is stored of a link token."""
    return hashlib.sha256(token.encode()).digest()


def open_link(token: str, store: ResetStore) -> Reset:
    """Returns the reset behind a link. Opening it changes nothing: mail scanners open links too.

    Raises:
        LinkInvalid: if the link is unknown, used or expired.
    """
    reset = store.reset_by_link(link_hash(token))
    if reset is None or reset.used_at is not None or reset.expires_at <= store.now():
        raise LinkInvalid
    return reset


def check_password(password: str, member: Member, common: frozenset[str], limits: Limits = LIMITS) -> None:
    """Checks a new password as NIST SP 800-63B does: length, known bad ones, the person's own data.

    Raises:
        WeakPassword: with the reason.
    """
    if len(password) < limits.shortest_password:
        raise WeakPassword("short")
    if len(password) > limits.longest_password:
        raise WeakPassword("long")
    lowered = password.casefold()
    if lowered in common or len(set(password)) < 4:
        raise WeakPassword("common")
    own = [member.code, *member.phones, *([member.email.casefold().partition("@")[0]] if member.email else [])]
    if any(piece in lowered or lowered in piece for piece in own if len(piece) >= 6):
        raise WeakPassword("own")
    if re.fullmatch(r"\d+", password) and password in _RUNS_OF_DIGITS:
        raise WeakPassword("common")


def set_password(
    token: str, password: str, store: ResetStore, registry: Registry, common: frozenset[str], limits: Limits = LIMITS
) -> Reset:
    """Sets a new password through a link, ends the reset and tells the owner by mail.

    Raises:
        LinkInvalid: if the link is unknown, used or expired.
        WeakPassword: if the password is refused; the link stays good.
        RegistryUnavailable: if the registry does not answer; the link stays good.
    """
    reset = open_link(token, store)
    member = registry.get(reset.member_ref)
    if member is None:
        raise LinkInvalid
    check_password(password, member, common, limits)
    # The same link and password again (a crash before the commit, a double click) is the same act.
    key = hmac.new(token.encode(), password.encode(), hashlib.sha256).hexdigest()
    registry.set_password(reset.member_ref, password, key)
    store.mark_used(reset.id)
    store.queue_mail(CHANGED_MAIL, reset.id)
    store.audit("reset.completed", reset.person, member=reset.member_ref, reset=reset.id)
    return reset
