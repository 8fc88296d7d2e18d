"""One-time codes that a call tells: six digits, a few minutes, one use; typed on a page, they become a link.

What the call says is no password and no longer good for anything once it is typed. A code belongs to one reset, so to
one account and one call, and a newer one of the same account ends it.
"""

from __future__ import annotations

import datetime
import math
import secrets
from dataclasses import dataclass

import argon2

from assistant.accounts.code_records import OpenCode, PostgresCodes
from assistant.accounts.model import Member, RegistryDown, RegistryUnavailable
from assistant.accounts.ports import Registry, ResetStore
from assistant.accounts.reset import new_link
from assistant.accounts.upkeep import ATTEMPTS_MAIL
from assistant.settings.limits import DAY, LIMITS, Limits, budget

DIGITS = 6
#: How long the page stays open to whoever typed the code: time to choose a password.
PAGE_LIVES = datetime.timedelta(minutes=15)
_hasher = argon2.PasswordHasher()
#: Compared with where no code is open, so that it costs the same.
_NOTHING = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class Typed:
    """What was typed on the page: the member's number, the code, and a keyed hash of the network it came from."""

    number: str
    code: str
    address: str


@dataclass(frozen=True)
class TooManyCodes:
    """Too many wrong codes came from this network: so many minutes until the next."""

    minutes: int


class WrongCode:
    """The code is wrong, void, of somebody else, or there is none: never said which."""


def make_code(reset_id: str, store: ResetStore, codes: PostgresCodes, limits: Limits = LIMITS) -> str | None:
    """Returns a fresh code for a reset that is under way; None if that is over, or its code was used."""
    member_ref = codes.member_of(reset_id)
    if member_ref is None:
        return None
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    lives = datetime.timedelta(minutes=limits.code_minutes)
    if not codes.keep(reset_id, member_ref, _hasher.hash(code), lives):
        return None
    store.audit("code.made", "", member=member_ref, reset=reset_id)
    return code


def call_off(reset_id: str, store: ResetStore, codes: PostgresCodes) -> None:
    """Ends a reset that whoever was rung did not ask for."""
    codes.call_off(reset_id)
    store.audit("code.called_off", "", reset=reset_id)


def redeem(
    typed: Typed, store: ResetStore, codes: PostgresCodes, registry: Registry, limits: Limits = LIMITS
) -> str | WrongCode | TooManyCodes | RegistryDown:
    """Changes a right code into the token of a link that sets the password; everything in the caller's transaction.

    Unknown numbers, members without a code and wrong codes cost the same and are answered the same.
    """
    if refused := _no_tries(typed, store, codes, limits):
        return refused
    try:
        member = registry.find(typed.number)
    except RegistryUnavailable:
        return RegistryDown()
    # Only now, and counted once more: before, people behind one address would wait for the register.
    store.lock("address", typed.address)
    if refused := _no_tries(typed, store, codes, limits):
        return refused
    if member is not None:
        store.lock("member", member.ref)
    found = codes.open_of(member.ref) if member else None
    if not _is(typed.code, found) or found is None:
        return _refuse(typed, member, found, store, codes, limits)
    token, hashed = new_link()
    codes.exchange(found.reset_id, hashed, PAGE_LIVES)
    store.audit("code.accepted", found.person, reset=found.reset_id)
    return token


def _no_tries(typed: Typed, store: ResetStore, codes: PostgresCodes, limits: Limits) -> TooManyCodes | None:
    now = store.now()
    tries = budget(codes.misses(typed.address, now - DAY, limits.address_checks_a_day), limits.address_checks, now)
    return None if tries.left > 0 else TooManyCodes(max(1, math.ceil(tries.wait.total_seconds() / 60)))


def _is(code: str, found: OpenCode | None) -> bool:
    try:
        return _hasher.verify(found.hash if found else _NOTHING, code)
    except argon2.exceptions.VerifyMismatchError:
        return False


def _refuse(
    typed: Typed, member: Member | None, found: OpenCode | None, store: ResetStore, codes: PostgresCodes, limits: Limits
) -> WrongCode:
    codes.add_miss(typed.address)
    if found and member:
        codes.note_wrong(found.reset_id, limits.code_tries)
        if found.wrong + 1 == limits.code_tries and member.email:
            codes.warn(member.ref, found.masked_code, ATTEMPTS_MAIL)
    store.audit("code.refused", found.person if found else "")
    return WrongCode()
