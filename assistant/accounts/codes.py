"""One-time codes that a call tells: six digits, a few minutes, one use; typed on a page, they become a link.

What the call says is no password and no longer good for anything once it is typed. A code belongs to one reset, so to
one account and one call, and a newer one of the same account ends it.

Guessing is bounded by the few tries that each code has, whoever types. So a network, or everybody, that typed too many
wrong ones is refused nothing but the answer: a right code gets through, a wrong one costs two keyed hashes and a look
into an index, asks no register and is compared with argon2 once in 65 536 times.
"""

from __future__ import annotations

import datetime
import hmac
import secrets
from dataclasses import dataclass

import argon2

from assistant.accounts.code_records import OpenCode, PostgresCodes
from assistant.accounts.guessing import CODES, allowed, networks_around
from assistant.accounts.ports import ResetStore
from assistant.accounts.reset import new_link, number_hash
from assistant.accounts.upkeep import ATTEMPTS_MAIL
from assistant.identifiers.keyed_hash import fingerprint
from assistant.settings.limits import HOUR, LIMITS, Limits, Window

DIGITS = 6
#: How long the page stays open to whoever typed the code: time to choose a password.
PAGE_LIVES = datetime.timedelta(minutes=15)
_hasher = argon2.PasswordHasher()
#: Of the keyed hash by which a code is found: too few to have the code by them.
_LOOKUP_DIGITS = 4


@dataclass(frozen=True)
class Typed:
    """What was typed on the page: the member's number, the code; keyed hashes of its networks, the nearest first."""

    number: str
    code: str
    networks: tuple[str, ...]


class TooManyCodes:
    """Not the right code, and too many wrong ones came from this network, or from everybody."""


class WrongCode:
    """The code is wrong, void, of somebody else, or there is none: never said which."""


@dataclass(frozen=True)
class _Passed:
    """A limit of wrong codes that is passed; column and value name the network whose it is, empty: everybody's."""

    column: str = ""
    value: str = ""


def make_code(
    reset_id: str, store: ResetStore, codes: PostgresCodes, key: bytes, limits: Limits = LIMITS
) -> str | None:
    """Returns a fresh code for a reset that is under way; None if that is over, or its code was used."""
    member_ref = codes.member_of(reset_id)
    if member_ref is None:
        return None
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    lives = datetime.timedelta(minutes=limits.code_minutes)
    if not codes.keep(reset_id, member_ref, _hasher.hash(code), _lookup(reset_id, code, key), lives):
        return None
    store.audit("code.made", "", member=member_ref, reset=reset_id)
    return code


def call_off(reset_id: str, store: ResetStore, codes: PostgresCodes) -> None:
    """Ends a reset that whoever was rung did not ask for."""
    codes.call_off(reset_id)
    store.audit("code.called_off", "", reset=reset_id)


def redeem(
    typed: Typed, store: ResetStore, codes: PostgresCodes, key: bytes, limits: Limits = LIMITS
) -> str | WrongCode | TooManyCodes:
    """Changes a right code into the token of a link that sets the password; everything in the caller's transaction.

    Unknown numbers, members without a code and wrong codes cost the same and are answered the same, while a limit that
    is not the code's own is passed, too.
    """
    number = number_hash(typed.number, key)
    store.lock("address", typed.networks[0])
    store.lock("member", codes.member_with(number) or number)
    passed = _passed(typed, store, codes, limits)
    found = codes.open_of(number)
    if found and passed and _has_tried(found, typed, passed, codes, limits):
        return _leave_unseen(typed, passed, codes)
    if found and _is(typed.code, found, key):
        token, hashed = new_link()
        codes.exchange(found.reset_id, hashed, PAGE_LIVES)
        store.audit("code.accepted", found.person, reset=found.reset_id)
        return token
    if passed and passed.column and not found:
        return _leave_unseen(typed, passed, codes)
    _count(typed, found, store, codes, limits)
    if passed and not passed.column and store.note_guessing(CODES):
        store.audit("reset.guessing", "", scope=CODES)
    return TooManyCodes() if passed else WrongCode()


def _lookup(reset_id: str, code: str, key: bytes) -> str:
    return fingerprint(key, f"code of {reset_id}", code)[:_LOOKUP_DIGITS]


def _passed(typed: Typed, store: ResetStore, codes: PostgresCodes, limits: Limits) -> _Passed | None:
    """Returns the first limit that is passed, of the networks from the nearest on, and of everybody."""
    now, usual = store.now(), store.usual()
    for column, value, window in networks_around(typed.networks, allowed(usual, limits), limits):
        if codes.misses(now - window.within, window.most, **{column: value}) >= window.most:
            return _Passed(column, value)
    everybody = Window(allowed(usual, limits, CODES), HOUR)
    return _Passed() if codes.misses(now - HOUR, everybody.most) >= everybody.most else None


def _has_tried(found: OpenCode, typed: Typed, passed: _Passed, codes: PostgresCodes, limits: Limits) -> bool:
    """Tells whether the network that passed its limit tried this code: who fires all the time ends nobody's."""
    by = {passed.column: passed.value} if passed.column else {"address": typed.networks[0]}
    return codes.tries(found.reset_id, **by) >= limits.code_tries_beyond


def _leave_unseen(typed: Typed, passed: _Passed, codes: PostgresCodes) -> TooManyCodes:
    codes.add_more(**({passed.column: passed.value} if passed.column else {"address": typed.networks[0]}))
    return TooManyCodes()


def _is(code: str, found: OpenCode, key: bytes) -> bool:
    if not hmac.compare_digest(_lookup(found.reset_id, code, key), found.lookup):
        return False
    try:
        return _hasher.verify(found.hash, code)
    except argon2.exceptions.VerifyMismatchError:
        return False


def _count(typed: Typed, found: OpenCode | None, store: ResetStore, codes: PostgresCodes, limits: Limits) -> None:
    codes.add_miss(typed.networks, found.reset_id if found else None)
    if found:
        codes.note_wrong(found.reset_id, limits.code_tries)
        if found.wrong + 1 == limits.code_tries and found.owner_has_mail:
            codes.warn(found.member_ref, found.masked_code, ATTEMPTS_MAIL)
    store.audit("code.refused", found.person if found else "")
