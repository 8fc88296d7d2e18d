"""Calls to a platform: what came instead of its answer, and what that means for a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import httpx

from assistant.messages.outbox import Sent

Trouble = Literal["", "unsent", "lost", "proxy", "waited"]
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_LONGEST_WAIT = 3600.0


@dataclass(frozen=True, kw_only=True)
class Call:
    """What came of one call, beside the platform's answer.

    Where none came, `trouble` says what did: "unsent" (it never left us), "lost" (it may have been done),
    "proxy" (another's answer), "waited" (it was not tried). `wait` is in seconds.
    """

    status: int = 200
    trouble: Trouble = ""
    said: str = ""  # for the outbox and the log: never a value of a person
    wait: float | None = None


def without_answer(call: Call) -> Sent:
    """Returns what becomes of a message.

    Both platforms always answer with JSON: another's page that refuses (4xx) may be gone soon.
    """
    if call.trouble in ("waited", "unsent"):
        return Sent("retry", error=call.said, retry_after=call.wait, untried=call.trouble == "waited")
    # A gateway that failed, or an answer cut short: the message may be there.
    broken = call.status >= 500 or call.status < 300 or call.status == 408
    if broken or call.trouble == "lost":
        return Sent("uncertain", error=call.said, retry_after=call.wait)
    return Sent("retry", error=call.said, retry_after=call.wait or 60)


def trouble_of(error: httpx.HTTPError) -> Trouble:
    """Tells whether a call that failed may have been done."""
    return "unsent" if isinstance(error, NOT_SENT) else "lost"


def name_of(error: httpx.HTTPError) -> str:
    """Returns the error's name, one for all ways of not reaching a host."""
    return "connect" if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) else type(error).__name__


def retry_after(response: httpx.Response) -> float | None:
    """Returns the seconds of a Retry-After header, an hour at most; None if it names none."""
    given = response.headers.get("retry-after", "")
    return min(float(given), _LONGEST_WAIT) if given.isdecimal() else None
