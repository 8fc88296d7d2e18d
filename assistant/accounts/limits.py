"""The limits in force, in one place (docs/settings.md lists them)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limits:
    """Numbers from OWASP ASVS 5.0 (6.3, 6.5) and the forgot-password cheat sheet."""

    tries: int = 5  # failed checks of a person …
    tries_window: timedelta = timedelta(hours=1)  # … in this time
    tries_per_day: int = 20
    resets_per_member: int = 5  # a day
    resets_per_person: int = 10  # an hour
    mails_per_member: int = 3  # an hour
    link_lives: timedelta = timedelta(hours=1)
    shortest_password: int = 8
    longest_password: int = 128


LIMITS = Limits()
