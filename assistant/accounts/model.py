"""What the reset knows: members of the registry, the outcome of a check, the state of a reset."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """A member as the registry knows them. `ref` is the registry's own opaque id."""

    ref: str
    code: str
    phones: tuple[str, ...]
    email: str | None
    citizen_id: str | None = None

    def has_contact(self, contact: str) -> bool:
        """Tells whether `contact` (0xxxxxxxxx or an e-mail address) is on record."""
        wanted = contact.strip().casefold()
        return wanted in self.phones or (self.email is not None and wanted == self.email.casefold())


@dataclass(frozen=True)
class RequestReset:
    """A person asks for a reset: who asks, by which event, with which code and contact.

    `address` is a keyed hash of the network the person comes from, empty where the channel hides it; `networks` are
    those around it, the nearer first. `by_call`: they ring from the number `contact`, and a code is told them there;
    no letter goes. `language`: what they are written to in; empty where nobody has said.
    """

    person: str
    event: str
    code: str
    contact: str
    address: str = ""
    networks: tuple[str, ...] = ()
    by_call: bool = False
    language: str = ""


@dataclass(frozen=True)
class ResetStarted:
    """A link is on its way to the address on record."""

    masked_email: str


@dataclass(frozen=True)
class CallStarted:
    """Code and calling number match; a code is to be told at that number (`codes`)."""

    reset_id: str


@dataclass(frozen=True)
class ResetLimitReached:
    """The account matches, but enough links have gone out for now."""

    masked_email: str
    link_minutes: int  # how long the last link sent still works; 0: none does
    wait_minutes: int  # until another may go out


@dataclass(frozen=True)
class NoEmailOnRecord:
    """The account matches but has no e-mail."""


@dataclass(frozen=True)
class NotMatched:
    """Code and contact do not belong together, or are unknown: never said which."""

    tries_left: int


@dataclass(frozen=True)
class TooManyTries:
    """No tries left for this person now, whatever the code."""

    minutes: int


@dataclass(frozen=True)
class Unsaid:
    """Checked, but whether it matched is not said: others guess just now. A match gets its letter, or is rung.

    `reset_id` is of a match that asked by call; nobody but the number itself may learn of it.
    """

    reset_id: str = ""


@dataclass(frozen=True)
class SignInFirst:
    """Who writes without an account of the platform is not checked: there would be no end of new ones."""


@dataclass(frozen=True)
class BreakerOpen:
    """Resets are started faster than people do: nobody starts one for the moment, nothing is counted."""


@dataclass(frozen=True)
class RegistryDown:
    """The registry did not answer; the try does not count."""


Outcome = (
    ResetStarted
    | CallStarted
    | ResetLimitReached
    | NoEmailOnRecord
    | NotMatched
    | TooManyTries
    | Unsaid
    | SignInFirst
    | BreakerOpen
    | RegistryDown
)


#: Begins the name of who asked where nobody is to be told in a chat what came of it.
UNSAID = "unsaid:"


@dataclass(frozen=True)
class Reset:
    """A reset under way.

    numbers: of one by telephone, keyed hashes of all numbers that lead to the member (`reset.number_hash`).
    owner_has_mail: whether a letter can reach the owner.
    """

    id: str
    member_ref: str
    person: str
    masked_code: str
    expires_at: datetime.datetime
    used_at: datetime.datetime | None
    masked_email: str = ""
    numbers: tuple[str, ...] = ()
    owner_has_mail: bool = False
    language: str = ""  # of its letters and pages; empty: nobody has said

    @property
    def is_told(self) -> bool:
        """Whether who asked is told in their chat what came of it."""
        return not self.person.startswith(UNSAID)


class AccountsError(Exception):
    """Base of what can go wrong here.

    * RegistryUnavailable: the registry does not answer in time or answers nonsense
    * LinkInvalid: the link is unknown, used or expired
    * WeakPassword: the new password is refused; the message says why, in Vietnamese
    """


class RegistryUnavailable(AccountsError):
    """The registry does not answer in time or answers nonsense."""


class LinkInvalid(AccountsError):
    """The link is unknown, used or expired."""


class WeakPassword(AccountsError):
    """The new password is refused; `reason` names the rule ("password_" + it is a key of data/web/messages.yml)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def mask_email(address: str) -> str:
    """Returns an address that its owner recognises and nobody else learns ("n•••n@e•••.com")."""
    local, _, domain = address.partition("@")
    name, _, ending = domain.partition(".")
    shown = local[0] + "•••" + (local[-1] if len(local) > 2 else "")
    return f"{shown}@{name[0]}•••.{ending}"


def mask_code(code: str) -> str:
    """Returns a code with only its last three digits shown."""
    return "•" * (len(code) - 3) + code[-3:]
