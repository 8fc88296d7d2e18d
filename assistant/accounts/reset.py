"""The reset: check who asks, send a one-time link to the address on record, set the password."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import unicodedata
import uuid
from datetime import datetime, timedelta

from assistant.accounts import guessing
from assistant.accounts.model import (
    BreakerOpen,
    CallStarted,
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
    Unsaid,
    mask_code,
    mask_email,
)
from assistant.accounts.passwords import check_password
from assistant.accounts.ports import Check, Registry, ResetStore
from assistant.identifiers.keyed_hash import fingerprint
from assistant.settings.limits import DAY, HOUR, LIMITS, Budget, Limits, Window, budget

LINK_MAIL = "reset_link"
CHANGED_MAIL = "password_changed"
#: Compared with when the code is unknown, so that it costs what a wrong contact costs.
_NOBODY = Member("", "", ("-",), "-")


def request_reset(
    command: RequestReset, store: ResetStore, registry: Registry, key: bytes, limits: Limits = LIMITS
) -> Outcome:
    """Checks code and contact, and starts a reset if they match.

    Unknown code, wrong contact and an account with no resets left take the same steps to the same
    outcome. Failures count against who tries, never against the account; a registry that does not
    answer costs no try. While a limit that is not the person's own is passed, all get one outcome,
    whether they match or not (`guessing`).

    Args:
        command: who asks for what.
        store: on the transaction that the outcome is part of.
        registry: the members.
        key: what fingerprints of e-mail addresses are made with.
        limits: those in force.
    """
    store.lock("person", command.person)
    now = store.now()
    tries = _checks_left(command, store, limits, now)
    if tries.left <= 0:
        return _no_tries(command, store, tries.wait)
    if flooded(store, limits):
        return _break(command, store)
    try:
        member = registry.find(command.code)
    except RegistryUnavailable:
        store.audit("reset.unavailable", command.person)
        return RegistryDown()
    matches = (member or _NOBODY).has_contact(command.contact)
    traces = guessing.traces_of(command, member, key)
    if command.address:
        # Only now: before, people behind one address would wait for the register.
        store.lock("address", command.address)
    if scope := guessing.passed(traces, store, limits):
        unsaid = _answer_nothing(command, member if matches else None, member, scope, store, key, traces)
        return _ring_only(command, member, store, key, limits) if member and matches and command.by_call else unsaid
    if member is None or not matches:
        return _count_failure(command, member, store, limits, traces)
    reached = command.contact if command.by_call else member.email
    if not reached:
        store.audit("reset.no_email", command.person, member=member.ref)
        return NoEmailOnRecord()
    return _start(command, member, reached, store, key, limits)


def _checks_left(command: RequestReset, store: ResetStore, limits: Limits, now: datetime) -> Budget:
    return budget(store.failures(now - DAY, limits.checks_a_day, person=command.person), limits.checks, now)


def _no_tries(command: RequestReset, store: ResetStore, wait: timedelta) -> Outcome:
    store.audit("reset.refused", command.person, reason="tries")
    return TooManyTries(_minutes(wait))


def _answer_nothing(
    command: RequestReset, matching: Member | None, tried: Member | None, scope: str, store: ResetStore, key: bytes,
    traces: guessing.Traces,
) -> Outcome:  # fmt: skip
    """Counts a check against whoever made it, matched or not; a match leaves what its letter needs (`unsaid`)."""
    due = None
    if matching and matching.email and not command.by_call:
        due = {
            "member": matching.ref, "destination": destination_of(matching.email, key),
            "masked_code": mask_code(command.code), "masked_email": mask_email(matching.email),
            "language": command.language,
        }  # fmt: skip
    owner = tried if tried and tried.email and not matching else _NOBODY
    store.add_check(
        Check(
            command.person, command.event, owner.ref, mask_code(owner.code), by=dict(vars(traces)),
            matched=matching is not None, due=due, language=command.language,
        )
    )  # fmt: skip
    store.audit("reset.unsaid", command.person, reason=scope)
    if scope in guessing.ALARMED and store.note_guessing("all" if scope == "all" else traces.channel):
        store.audit("reset.guessing", "", scope=scope)
    return Unsaid()


def _ring_only(command: RequestReset, member: Member, store: ResetStore, key: bytes, limits: Limits) -> Outcome:
    """Starts the reset of a match that is not told to who rang: the number itself is rung, within its limits."""
    started = _start(command, member, command.contact, store, key, limits)
    return Unsaid(started.reset_id if isinstance(started, CallStarted) else "")


def destination_of(email: str, key: bytes) -> str:
    """Returns the keyed hash of a mailbox."""
    return fingerprint(key, "destination", unicodedata.normalize("NFC", email.strip().casefold()))


def number_hash(number: str, key: bytes) -> str:
    """Returns the keyed hash by which a number that is typed beside a code is known again."""
    return fingerprint(key, "number beside a code", number)


def numbers_of(member: Member, key: bytes) -> tuple[str, ...]:
    """Returns those of all numbers that lead to a member."""
    return tuple(number_hash(number, key) for number in (member.code, member.citizen_id) if number)


def flooded(store: ResetStore, limits: Limits) -> bool:
    """Tells whether resets are started faster than people do."""
    now = store.now()
    return any(store.count_started(now - window.within) >= window.most for window in limits.breaker)


def _break(command: RequestReset, store: ResetStore) -> Outcome:
    if store.open_breaker():
        store.audit("reset.breaker_opened", "")
    store.audit("reset.refused", command.person, reason="breaker")
    return BreakerOpen()


def _minutes(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds() / 60))


def _count_failure(
    command: RequestReset, member: Member | None, store: ResetStore, limits: Limits, traces: guessing.Traces
) -> Outcome:
    """Counts a failed check. The owner is told later, by another transaction (adapters/upkeep.py)."""
    owner = member if member and member.email else _NOBODY
    by = dict(vars(traces))
    store.add_check(
        Check(command.person, command.event, owner.ref, mask_code(owner.code), by, language=command.language)
    )
    store.audit("reset.not_matched", command.person)
    tries = _checks_left(command, store, limits, store.now())
    return NotMatched(tries.left) if tries.left > 0 else TooManyTries(_minutes(tries.wait))


def _start(
    command: RequestReset, member: Member, reached: str, store: ResetStore, key: bytes, limits: Limits
) -> Outcome:
    """Starts a reset whose secret goes to `reached`: a mailbox, or the number that rings."""
    now = store.now()
    shown = "" if command.by_call else mask_email(reached)
    destination = destination_of(reached, key)
    store.lock("member", member.ref)
    store.lock("destination", destination)
    store.lock("everybody")
    wait = _wait_for_a_start(command, member, destination, store, limits)
    if wait:
        ends = store.last_link_ends(member.ref)
        store.audit("reset.limited", command.person, member=member.ref)
        left = int((ends - now).total_seconds() // 60) if ends else 0
        return ResetLimitReached(shown, max(0, left), _minutes(wait))
    if flooded(store, limits):
        return _break(command, store)
    reset = Reset(
        id=str(uuid.uuid4()),
        member_ref=member.ref,
        person=command.person,
        masked_code=mask_code(command.code),
        expires_at=now + limits.link_lives,
        used_at=None,
        masked_email=shown,
        numbers=numbers_of(member, key) if command.by_call else (),
        owner_has_mail=bool(member.email),
        language=command.language,
    )
    store.add_reset(reset, command.event, command.address, destination)
    if not command.by_call:
        store.queue_mail(LINK_MAIL, reset.id)
    store.audit("reset.started", command.person, member=member.ref, reset=reset.id)
    return CallStarted(reset.id) if command.by_call else ResetStarted(reset.masked_email)


def _wait_for_a_start(
    command: RequestReset, member: Member, destination: str, store: ResetStore, limits: Limits
) -> timedelta:
    """Returns how long no reset may be started, of all limits the longest; zero if one may."""
    own = _started_wait(store, Window(limits.starts_an_hour_per_person, HOUR), person=command.person)
    return max(own, account_wait(member.ref, destination, store, limits))


def account_wait(member_ref: str, destination: str, store: ResetStore, limits: Limits) -> timedelta:
    """Returns how long no further letter goes to an account or its mailbox, whoever asks; zero if one may."""
    return max(
        _started_wait(store, Window(limits.starts_a_day_per_account, DAY), member_ref=member_ref),
        _started_wait(store, Window(limits.starts_an_hour_per_destination, HOUR), destination=destination),
    )


def _started_wait(store: ResetStore, window: Window, **whose: str) -> timedelta:
    now = store.now()
    return budget(store.started(now - window.within, window.most, **whose), [window], now).wait


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
    return _good(store.reset_by_link(link_hash(token)), store)


def _good(reset: Reset | None, store: ResetStore) -> Reset:
    if reset is None or reset.used_at is not None or reset.expires_at <= store.now():
        raise LinkInvalid
    return reset


def announce_password(
    token: str, password: str, store: ResetStore, registry: Registry, common: frozenset[str], limits: Limits = LIMITS
) -> None:
    """Checks a new password and notes that it is about to be set; to be committed before `set_password`.

    So a crash, or an answer of the register that never came, is known afterwards and the owner told
    of a password that may have changed.

    Raises:
        LinkInvalid, WeakPassword, RegistryUnavailable: as `set_password` does.
    """
    reset = open_link(token, store)
    _check(reset, password, registry, common, limits)
    store.note_trial(reset.id)


def withdraw_announcement(token: str, store: ResetStore) -> None:
    """Notes that the register refused the password: it is as it was, and nobody needs to be told."""
    reset = store.reset_by_link(link_hash(token), hold=True)
    if reset is not None:
        store.forget_trial(reset.id)


def _check(reset: Reset, password: str, registry: Registry, common: frozenset[str], limits: Limits) -> Member:
    member = registry.get(reset.member_ref)
    if member is None:
        raise LinkInvalid
    check_password(password, member, common, limits)
    return member


def set_password(
    token: str, password: str, store: ResetStore, registry: Registry, common: frozenset[str], limits: Limits = LIMITS
) -> Reset:
    """Sets a new password through a link, ends all resets of the member and tells the owner by mail.

    Raises:
        LinkInvalid: if the link is unknown, used or expired.
        WeakPassword: if the password is refused; the link stays good.
        RegistryUnavailable: if the registry does not answer; the link stays good.
    """
    seen = open_link(token, store)
    member = _check(seen, password, registry, common, limits)
    store.lock("member", seen.member_ref)  # two links of one member: the second finds itself ended
    reset = _good(store.reset_by_link(link_hash(token), hold=True), store)
    # The same link and password again (a crash before the commit, a double click) is the same act.
    key = hmac.new(token.encode(), password.encode(), hashlib.sha256).hexdigest()
    registry.set_password(reset.member_ref, password, key)
    store.mark_used(reset.id)
    store.end_others(reset)
    if member.email:  # a reset by telephone needs none
        store.queue_mail(CHANGED_MAIL, reset.id)
    store.audit("reset.completed", reset.person, member=reset.member_ref, reset=reset.id)
    return reset
