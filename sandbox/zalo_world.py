"""What the Zalo stand-in knows: accounts, tokens, users, messages; a clock and rules that can be changed."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ACCESS_LIVES = 25 * 3600
REFRESH_LIVES = 90 * 24 * 3600
CODE_LIVES = 600
UPLOADS_LIVE = 7 * 24 * 3600
WINDOW, OUTER_WINDOW = 48 * 3600, 7 * 24 * 3600
#: Seconds before the retries of a webhook that could not connect.
LADDER = (30, 300, 900, 1800, 3600)
OA_ID = "4000000000000000004"
_KEPT_MESSAGES = 500


class Clock:
    """Now, or as much later as somebody wants."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.ahead += seconds


@dataclass
class Policy:
    """What a test, or somebody at /sandbox, may change.

    `fail_next` plans the next calls of the API, `oauth_next` those of the token endpoint: a number is that
    error, without effect; "500" a proxy's error page, without effect; with effect and then a lost answer are
    "slow", "cut" (the connection ends in the middle) and "502"; "garbage" is an answer that is no JSON; "nameless"
    (OAuth) an error without a number, "no refresh" an answer without a refresh token; None is an ordinary call.
    """

    buttons: bool = True  # take cards of the shape {"buttons": […]} on /message/cs
    lists: bool = False  # take "list" templates with a button in each element
    fail_next: list[Any] = field(default_factory=list)
    oauth_next: list[Any] = field(default_factory=list)
    slow_seconds: float = 15.0
    ladder: tuple[float, ...] = LADDER
    retry_all: bool = False  # retry events that were not answered with 200 in time, too
    clock: Callable[[], float] = field(default_factory=Clock)
    proof: bool = False  # demand appsecret_proof
    app_limit: int = 4000  # calls a minute of all accounts
    oa_limit: int | None = None  # calls a minute of one account, by its package
    night: bool = False  # refuse as Zalo does promotion at night
    redirects: tuple[str, ...] = ()  # registered callback addresses; empty: any
    renews: bool = True  # a rotated refresh token lives three months anew
    receipts: bool = True  # tell that messages were received and seen
    signature: str = "mac"  # mac, bare, upper, wrong, none
    escaped: bool = False  # write \uXXXX for everything beyond ASCII
    copies: int = 1  # of each event
    swap: bool = False  # deliver each event after the one that follows it
    pause: float = 0.0  # before each event
    charged: str = "sub_quota"  # between 48 hours and 7 days: "sub_quota", or "" for a charge


@dataclass
class Account:
    """One official account, its tokens, and when its users last did something."""

    id: str
    name: str = "Trợ lý VssID"
    secret: str = ""
    trouble: int = 0  # an error that every call gets
    access: str = ""
    access_until: float = 0
    refresh: str = ""
    refresh_until: float = 0
    seen: dict[str, float] = field(default_factory=dict)
    followers: list[str] = field(default_factory=list)
    refusing: dict[str, int] = field(default_factory=dict)  # users who may not be written to, and the error
    package_left: int = 500  # messages beyond 48 hours that the package still holds


class World:
    """The stand-in's memory; kept in a file where one is named."""

    def __init__(
        self, app_id: str, app_secret: str, accounts: list[Account], policy: Policy, file: Path | None
    ) -> None:
        self.app_id = app_id
        self.app_secret = app_secret
        self.accounts = {account.id: account for account in accounts}
        self.policy = policy
        self.users: dict[str, str] = {}
        self.messages: list[dict[str, Any]] = []
        self.uploads: dict[str, float] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self._file = file
        if file and file.exists():
            self._restore(json.loads(file.read_text(encoding="utf-8")))

    @property
    def now(self) -> float:
        """The stand-in's time, in seconds."""
        return self.policy.clock()

    def _restore(self, kept: dict[str, Any]) -> None:
        if "accounts" not in kept:  # of an earlier version
            return
        self.users, self.messages = kept["users"], kept["messages"]
        for raw in kept["accounts"]:
            if raw["id"] in self.accounts:
                raw["secret"] = self.accounts[raw["id"]].secret
                self.accounts[raw["id"]] = Account(**raw)

    def keep(self) -> None:
        """Writes the memory to its file."""
        if self._file:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".tmp")
            accounts = [asdict(account) | {"secret": ""} for account in self.accounts.values()]
            kept = {"accounts": accounts, "users": self.users, "messages": self.messages[-_KEPT_MESSAGES:]}
            fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
            fresh.replace(self._file)

    def issue(self, account: Account) -> None:
        """Issues a new pair of tokens; the old access token dies at once."""
        now = self.now
        until = now + REFRESH_LIVES if self.policy.renews or not account.refresh else account.refresh_until
        account.access, account.access_until = secrets.token_urlsafe(48), now + ACCESS_LIVES
        account.refresh, account.refresh_until = secrets.token_urlsafe(48), until
        self.keep()

    def by_access(self, token: str) -> Account | None:
        """Returns the account an access token belongs to."""
        return next((a for a in self.accounts.values() if a.access and a.access == token), None)

    def by_refresh(self, token: str) -> Account | None:
        """Returns the account a refresh token belongs to, if it lives."""
        found = next((a for a in self.accounts.values() if a.refresh and a.refresh == token), None)
        return found if found and self.now <= found.refresh_until else None

    def interact(self, account: Account, user: str) -> None:
        """Notes that a user did something: the windows open anew."""
        account.seen[user] = self.now

    def remember(self, account: Account, user: str, sender: str, body: dict[str, Any], message_id: str) -> None:
        """Keeps a message for the page and the tests."""
        number = self.messages[-1]["id"] + 1 if self.messages else 1
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now))
        entry = {"id": number, "user": user, "from": sender, "at": at, "message_id": message_id, "oa": account.id}
        self.messages.append({"buttons": [], "text": ""} | entry | body)
        self.keep()
