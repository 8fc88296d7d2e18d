"""A person who works here, and what may go wrong with their account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, get_args

Role = Literal["agent", "content", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
EVERYBODY: frozenset[Role] = frozenset(ROLES)


@dataclass(frozen=True)
class Staff:
    """One person. `name` is what they sign in with, `shown` what colleagues read."""

    name: str
    shown: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class StaffLimits:
    """Numbers of the sign-in (OWASP ASVS 5.0: 6.3, 7.3); the settings page shows them."""

    invitation_lives: timedelta = timedelta(hours=1)
    idle: timedelta = timedelta(minutes=30)
    session_lives: timedelta = timedelta(hours=12)
    half_signed_in: timedelta = timedelta(minutes=10)  # between password and code
    tries_window: timedelta = timedelta(minutes=15)
    tries_per_name: int = 8  # from one network, or of one known browser
    tries_a_day_everywhere: int = 24  # of a name from all networks; then the code is asked for, too
    tries_per_address: int = 40
    recovery_codes: int = 10


STAFF_LIMITS = StaffLimits()


class StaffError(ValueError):
    """An account is not in the state the act needs; the message says so in Vietnamese.

    * InvitationInvalid: the link is unknown, used or expired
    * SignInRefused: name, password or code is wrong; never said which
    * TooManyTries: the sign-in rests for a while
    """


class InvitationInvalid(StaffError):
    """The link is unknown, used or expired."""


class SignInRefused(StaffError):
    """Name, password or code is wrong."""


class TooManyTries(StaffError):
    """Too many wrong tries of this name or from this address."""
