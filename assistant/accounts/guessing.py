"""Guessing by many: failed checks counted by contact, code, network, channel and in all, whoever tries.

While one of these limits is passed, every check gets the same answer, which says neither that it matched nor that it
did not; a match still gets its letter (`accounts/unsaid.py`), so the owner gets through and a stranger learns nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.accounts.model import Member, RequestReset
from assistant.accounts.ports import ResetStore, Usual
from assistant.identifiers.keyed_hash import fingerprint
from assistant.settings.limits import DAY, HOUR, Limits, Window

#: The name of wrong codes (`codes`) among the channels, of which everybody's are counted.
CODES = "codes"
#: What is told apart in `guessing_times` and alarmed: the others are somebody's own numbers.
ALARMED = ("all", "channel")


@dataclass(frozen=True)
class Traces:
    """Keyed hashes of one check, and its networks: what failed checks are counted by."""

    channel: str
    contact: str
    code: str
    address: str = ""
    wider: str = ""
    widest: str = ""


@dataclass(frozen=True)
class Mark:
    """A limit that is not the person's own: failed checks of one thing within a window.

    matched: whether those count, too, that matched and were not told so. Where many share a thing they do not, else
    honest people would keep up the silence that a guesser began. Of one code and one contact they do: whoever alone
    tries it knows when its limit ends, and would read off that moment whether one of their checks matched.
    """

    scope: str
    window: Window
    column: str = ""  # empty: everybody's
    value: str = ""
    matched: bool = False


def traces_of(command: RequestReset, member: Member | None, key: bytes) -> Traces:
    """Returns what a check is counted by; nothing that was typed is in it.

    Args:
        command: who tried what.
        member: whose code it is: all numbers that lead to one member are counted as one. A code of nobody's is its own.
        key: what the hashes are made with.
    """
    networks = (*command.networks, "", "")
    code = fingerprint(key, "tried member", member.ref) if member else fingerprint(key, "tried code", command.code)
    return Traces(
        command.person.partition(":")[0],
        fingerprint(key, "tried contact", command.contact.strip().casefold()),
        code,
        command.address,
        networks[0],
        networks[1],
    )


def passed(traces: Traces, store: ResetStore, limits: Limits) -> str:
    """Returns the first limit that is passed ("contact", "channel", "all" …), or an empty text."""
    now = store.now()
    for mark in _marks(traces, store, limits):
        of = {mark.column: mark.value} if mark.column else {}
        count = store.count_failures(now - mark.window.within, mark.window.most, matched=mark.matched, **of)
        if count >= mark.window.most:
            return mark.scope
    if traces.address and store.count_started(now - HOUR, traces.address) >= limits.starts_an_hour_per_address:
        return "network"
    return ""


def allowed(usual: Mapping[str, Usual], limits: Limits, scope: str = "all") -> int:
    """Returns how many checks may fail in an hour, in all or on a channel: the floor, or a ratio of what is usual.

    Of wrong codes as many times their floor as of all checks.

    Whoever fails patiently could make any number usual. So no more is than comes with the resets that are completed,
    for which a letter has to be read: those the patient cannot make.
    """
    if scope == CODES:
        return limits.codes_an_hour * allowed(usual, limits) // limits.all_checks_an_hour
    floor = limits.all_checks_an_hour if scope == "all" else limits.channel_checks_an_hour
    hour = usual.get(scope, Usual())
    return max(floor, int(limits.checks_ratio * min(hour.failed, limits.failed_per_completed * hour.completed)))


def _marks(traces: Traces, store: ResetStore, limits: Limits) -> Iterator[Mark]:
    for column in ("contact", "code"):
        value = getattr(traces, column)
        yield Mark(column, Window(limits.pair_checks_an_hour, HOUR), column, value, matched=True)
        yield Mark(column, Window(limits.pair_checks_a_day, DAY), column, value, matched=True)
    usual = store.usual()
    everybody = allowed(usual, limits)
    for column, value, window in networks_around((traces.address, traces.wider, traces.widest), everybody, limits):
        yield Mark("network", window, column, value)
    yield Mark("channel", Window(allowed(usual, limits, traces.channel), HOUR), "channel", traces.channel)
    yield Mark("all", Window(everybody, HOUR))


def networks_around(networks: Sequence[str], everybody: int, limits: Limits) -> Iterator[tuple[str, str, Window]]:
    """Yields column, value and window of what the networks of one who tries may fail, the nearest network first.

    The wider ones grow with what is usual here, as a larger town has more people behind each address.

    Args:
        networks: keyed hashes, the nearest first; those that are unknown are missing or empty.
        everybody: how many may fail in all (`allowed`).
        limits: those in force.
    """
    wide = limits.wider_checks_an_hour * everybody // limits.all_checks_an_hour
    windows = (limits.address_checks, (Window(wide, HOUR),), (Window(2 * wide, HOUR),))
    for column, value, some in zip(("address", "wider", "widest"), (*networks, "", "")[:3], windows, strict=False):
        for window in some if value else ():
            yield column, value, window
