"""The limits of identity checks, resets and messages in one block; docs/limits.md is written from it.

The defaults are what runs unless LIMITS_FILE names a YAML file of `name: number` lines.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_WHOLE = re.compile(r"[1-9][0-9]{0,8}")  # nothing that YAML would read as octal


class LimitsError(ValueError):
    """The file of limits cannot be used; the message names file, line and what to mend."""


@dataclass(frozen=True)
class Window:
    """At most so many events within a time that slides along."""

    most: int
    within: timedelta


@dataclass(frozen=True)
class Budget:
    """What is left of some windows; `wait` is how long until something is left again."""

    left: int
    wait: timedelta = timedelta()


def _limit(default: int, lowest: int, highest: int, meaning: str, source: str) -> Any:
    return dataclasses.field(
        default=default, metadata={"lowest": lowest, "highest": highest, "meaning": meaning, "source": source}
    )


@dataclass(frozen=True)
class Limits:
    """All of them. Who tries is limited, never the account that is tried: nobody is locked out by others."""

    checks_then_lock: int = _limit(5, 1, 20, "failed checks of a chat user, then the chat user waits", "R5; ASVS 6.3.1")
    lock_minutes: int = _limit(10, 1, 60, "minutes in which those checks count, and so the longest wait", "R5")
    checks_an_hour: int = _limit(20, 1, 1_000, "failed checks of a chat user in an hour", "R5")
    checks_a_day: int = _limit(50, 1, 5_000, "failed checks of a chat user in a day", "R5; NIST SP 800-63B")
    address_checks_an_hour: int = _limit(
        30,
        1,
        100_000,
        "failed checks in an hour from one network (IPv4 address or IPv6 /64); as many wrong codes",
        "R5; PyPI",
    )
    address_checks_a_day: int = _limit(100, 1, 1_000_000, "failed checks in a day from one network", "R5; PyPI")
    wider_checks_an_hour: int = _limit(
        60, 1, 100_000, "the same in an hour of an IPv4 /24 or IPv6 /48; twice as many of a /16 or /32", "R26"
    )
    pair_checks_an_hour: int = _limit(
        20, 1, 1_000, "failed checks in an hour of one code, or of one contact, by everybody", "R26"
    )
    pair_checks_a_day: int = _limit(50, 1, 10_000, "failed checks in a day of one code, or of one contact", "R26")
    channel_checks_an_hour: int = _limit(
        60, 1, 1_000_000, "failed checks in an hour on one channel by everybody, at least", "R26"
    )
    all_checks_an_hour: int = _limit(
        100, 1, 1_000_000, "failed checks in an hour by everybody, at least: beyond it the alarm", "R26; NIST 5.2.2"
    )
    checks_ratio: int = _limit(
        6, 2, 100, "times the usual hour of this installation's week that a channel or all may fail", "R26"
    )
    failed_per_completed: int = _limit(
        2, 1, 20, "failed checks an hour that are usual at most, for each reset that people complete", "R26"
    )
    starts_a_day_per_account: int = _limit(5, 1, 100, "resets started in a day for an account", "R6; PyPI")
    starts_an_hour_per_person: int = _limit(10, 1, 1_000, "resets started in an hour by a chat user", "R6")
    starts_an_hour_per_address: int = _limit(
        20, 1, 100_000, "resets started in an hour from one network, then it is not said", "R6"
    )
    starts_an_hour_per_destination: int = _limit(
        3, 1, 100, "resets started in an hour to one e-mail address, whoever shares it", "R6; OWASP forgot password"
    )
    starts_a_minute: int = _limit(120, 1, 100_000, "resets started in a minute by everybody: the breaker", "R6")
    starts_an_hour: int = _limit(2_000, 1, 5_000_000, "resets started in an hour by everybody: the breaker", "R6")
    link_minutes: int = _limit(60, 5, 60, "minutes that the link in a mail works, for one use", "R2; ASVS 6.5.5")
    code_minutes: int = _limit(5, 1, 10, "minutes that a code told by telephone works, for one use", "R2; ASVS 6.5.5")
    code_tries: int = _limit(5, 1, 5, "wrong tries of such a code, then it is void", "R5")
    code_tries_beyond: int = _limit(
        2, 1, 5, "of those, from a network (or while everybody) typed too many: then it is not looked at there", "R26"
    )
    codes_an_hour: int = _limit(
        60, 1, 1_000_000, "wrong codes in an hour by everybody, at least: beyond it the alarm", "R26; NIST 5.2.2"
    )
    owner_told_after: int = _limit(
        5, 1, 1_000, "failed checks of one code in a day, by anybody, before its owner is told (once a day)", "R11"
    )
    shortest_password: int = _limit(8, 8, 64, "characters of a new password at least", "ASVS 6.2.1")
    longest_password: int = _limit(128, 64, 1_024, "characters of a new password at most", "ASVS 6.2.9")
    messages_a_minute: int = _limit(120, 5, 10_000, "messages of a person that are read in a minute", "fairness")
    messages_an_hour: int = _limit(600, 5, 100_000, "messages of a person that are read in an hour", "fairness")

    @property
    def link_lives(self) -> timedelta:
        """How long a link works."""
        return timedelta(minutes=self.link_minutes)

    @property
    def checks(self) -> tuple[Window, ...]:
        """Failed checks of a chat user."""
        return (
            Window(self.checks_then_lock, timedelta(minutes=self.lock_minutes)),
            Window(self.checks_an_hour, HOUR),
            Window(self.checks_a_day, DAY),
        )

    @property
    def address_checks(self) -> tuple[Window, ...]:
        """Failed checks from one network."""
        return Window(self.address_checks_an_hour, HOUR), Window(self.address_checks_a_day, DAY)

    @property
    def breaker(self) -> tuple[Window, ...]:
        """Resets started by everybody."""
        return Window(self.starts_a_minute, timedelta(minutes=1)), Window(self.starts_an_hour, HOUR)


LIMITS = Limits()
#: A longer time allows no fewer than a shorter one.
_ASCENDING = (
    ("checks_then_lock", "checks_an_hour", "checks_a_day"),
    ("address_checks_an_hour", "address_checks_a_day"),
    ("pair_checks_an_hour", "pair_checks_a_day"),
    ("code_tries_beyond", "code_tries"),
    ("channel_checks_an_hour", "all_checks_an_hour"),
    ("starts_a_minute", "starts_an_hour"),
    ("messages_a_minute", "messages_an_hour"),
)


def budget(happened: Sequence[datetime], windows: Iterable[Window], now: datetime) -> Budget:
    """Returns what `happened` (newest first) leaves of the windows, of each the worst.

    Only as many of the newest as the widest window allows need to be given.
    """
    left, wait = [], timedelta()
    for window in windows:
        recent = [at for at in happened if at > now - window.within]
        left.append(window.most - len(recent))
        if len(recent) >= window.most:
            wait = max(wait, recent[window.most - 1] + window.within - now)
    return Budget(max(0, min(left)), wait)


def read_limits(path: Path | None) -> Limits:
    """Returns the limits of a file, or the defaults without one.

    Raises:
        LimitsError: if the file cannot be read, or a name or number in it cannot be used.
    """
    if path is None:
        return LIMITS
    try:
        tree = yaml.compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LimitsError(f"{path}: cannot be read ({type(error).__name__})") from error
    if tree is None:
        return LIMITS
    if not isinstance(tree, yaml.MappingNode):
        raise LimitsError(f"{path}: lines of “name: number” are wanted")
    limits = Limits(**_values(path, tree))
    for names in _ASCENDING:
        numbers = [getattr(limits, name) for name in names]
        if numbers != sorted(numbers):
            raise LimitsError(f"{path}: {' ≤ '.join(names)} does not hold ({', '.join(map(str, numbers))})")
    return limits


def _values(path: Path, tree: yaml.MappingNode) -> dict[str, int]:
    known = {field.name: field.metadata for field in dataclasses.fields(Limits)}
    values: dict[str, int] = {}
    for key, value in tree.value:
        where = f"{path}, line {key.start_mark.line + 1}"
        name = str(key.value)  # a list, if somebody tries
        if name not in known:
            raise LimitsError(f"{where}: no limit is called {name!r}; there are {', '.join(known)}")
        if name in values:
            raise LimitsError(f"{where}: {name} is set twice")
        lowest, highest = known[name]["lowest"], known[name]["highest"]
        written = value.value if isinstance(value, yaml.ScalarNode) and value.style is None else ""
        if not _WHOLE.fullmatch(written) or not lowest <= int(written) <= highest:
            raise LimitsError(f"{where}: {name} must be a whole number from {lowest} to {highest}")
        values[name] = int(written)
    return values
