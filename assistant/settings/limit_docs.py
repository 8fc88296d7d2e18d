"""Writes docs/limits.md from the block of limits, so that the page cannot say anything else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.settings.limits import LIMITS, Limits

_HEAD = """\
# Limits

Written by `assistant docs limits` from `assistant/settings/limits.py`; do not edit. `assistant limits` prints what
is in force on a node, and so says whether a file of limits is good.

## Identity checks, resets and messages

To change some, name a file in `LIMITS_FILE` with a line `name: number` for each; the others keep their defaults. A node
refuses to start with a name it does not know or a number out of range, and says which line. All nodes should have the
same file: counts are in the database, the numbers are each node's own.

| name | default | from–to | what | why |
|---|---|---|---|---|
"""
_HOW = """

* **Nobody is refused for what others do.** A person's own wrong checks make that chat user wait. What many do
  together is counted by the contact and by the code that are tried, by network, by channel and in all, whoever tries.
  While one of these limits is passed, every check it is about gets the same sentence, which tells neither a match nor
  its opposite, and counts as a failed one of the person's own; a match still sends the letter to the address on
  record, some seconds later (`accounts/unsaid.py`), within the limits of the account and its mailbox. So an owner
  behind a shared address gets through, and a stranger learns nothing: after 20 wrong checks of one phone in an hour,
  whatever the codes and whoever asks, nobody is told any more whether the next one fits.
* **A code is its member's.** Whoever has two numbers (BHXH code and citizen id, or a code before they were merged) is
  counted once, whichever is tried. Who knows both can learn by twenty wrong checks that they are one member's; of the
  contact they learn nothing, and the owner is told after five.
* **Honest people end it.** By network, by channel and in all only checks that did not match are counted, whether they
  were told or not: once the guesser stops, it is over within the hour, however many owners ask meanwhile. By code and
  by contact a match counts as well: who alone tries one knows to the second when its limit ends, and would else read
  off that moment whether a check within matched. With a network of their own they can read that off once an hour of as
  many checks as its limit has, never of one code or contact; the owner has the letter by then.
* **The installation's own week** is the measure of a channel, of all, and of the wider networks: the usual hour is
  that of the day in the middle of the last seven (a day of guessing, or three, makes it no more usual), and so many
  times as many may fail (`checks_ratio`), at least the number in the table. Failing patiently makes no more usual,
  either: as usual counts at most `failed_per_completed` times the resets that people complete in such an hour, and for
  those a letter has to be read. Beyond it `assistant_guessing` is 1 and
  the alert Guessing fires; the trail has `reset.guessing`, `reset.guessing_ended` and `reset.unsaid` for each check.
  A handful more may fail before, as many as run at the same instant.
* **Who writes without an account of the platform** (Zalo's visitors who are not signed in) is not checked: a new name
  costs them nothing and their network is unknown. They are told at once how to go on, before anything is asked.
* **A code that a call told has five tries, whoever types** (`accounts/codes.py`): that alone bounds guessing, five in
  a million for each code that is open. So nobody with a right one is kept out by what others typed: beyond the limits
  of a network, of the networks around it and of everybody (`codes_an_hour`), a wrong code gets one sentence whatever is
  wrong, a right one is taken. Such a network has `code_tries_beyond` tries at each code, so that firing at a number all
  the time does not end its codes. A wrong code asks no register and is compared with argon2 once in 65,536 times; what
  comes beyond leaves no row of its own. The alarm is that of checks, `assistant_guessing{{scope="codes"}}`.
* **The limits by account and by e-mail address** only stop further mails; the answer then says how long the last link
  still works.
* **Sliding windows.** A limit of n in a time looks at the n-th newest event: what is older than the time counts no
  more, and the answer says when the next try is possible. A refused try is not counted and prolongs nothing.
* **Exact under load.** Counting and recording are one transaction under locks (person, network, member, e-mail
  address, everybody, always in that order), so that fifty at once on several nodes are still five tries.
* **A network** is an IPv4 address or an IPv6 /64, and with larger numbers the /24 and /16, or /48 and /32, around it:
  whoever has a whole /48 has no more tries for it. All are kept as keyed hashes for two days at most. Only the web
  page knows them; `X-Forwarded-For` is believed from the proxies in `FORWARDED_ALLOW_IPS` only. Behind a proxy that
  is not named there, all people are one network. It is shared by many (offices, mobile operators), so it has more
  tries than a person. Zalo and Messenger know the user, not the network.
* **An e-mail address** is kept as a keyed hash, too, so that members who share one mailbox share its three mails an
  hour.
* **The breaker** looks at everybody's starts. While it is open nobody is checked and nothing is counted; the answer
  names the hotline and the office. It closes by itself when the window has room again.
  `assistant_reset_breaker_open` is 1 meanwhile, the audit trail has `reset.breaker_opened` and
  `reset.breaker_closed`.
* **The owner is told** by mail after each reset, after a day's failed checks of their code, and when the register was
  asked to set a password and did not answer.
* What remains: whoever knows code *and* contact can use up an account's mails of the day. Each of them reached the
  owner; for that day the way back is the hotline or the office.

What happens to messages beyond the limits, on every channel:

* **They are acknowledged and left unread.** The platform gets its 200 (it must not come again with them), the web page
  its 202. They are not kept, cost no turn and no room, and count as `assistant_events_total{result="over"}`. What
  was within the limits before them is answered as ever.
* **The person is told, once** a minute (an hour, where the hour's limit is reached), with a sentence of
  `data/channels/door_limits.yml`, so that nobody waits for an answer to something that was not read. A
  hundred and twenty messages in a minute are more than hands can type; an album of pictures, or what a platform
  kept while we were away, stays far below.
* **Who is slow again is read again** as soon as the minute has room. Retries of what is kept already do not count, nor
  does what the system says to itself (a reset is done, a colleague answered).
* **Exact for all nodes together**: counting and keeping are one commit under a lock on the conversation. Others
  are not in its way: a conversation stands in line for its turn once, however many messages it has, and turns of
  different people run side by side.

"""


@dataclass(frozen=True)
class Other:
    """A limit that is set elsewhere."""

    what: str
    number: str
    where: str


def rows(limits: Limits) -> Iterator[tuple[str, int, int, int, str, str]]:
    """Yields of each limit its name, number, lowest and highest, meaning and source."""
    for field in dataclasses.fields(limits):
        of = field.metadata
        yield field.name, getattr(limits, field.name), of["lowest"], of["highest"], of["meaning"], of["source"]


def limit_docs(others: Sequence[Other]) -> str:
    """Returns the page."""
    table = [
        f"| `{name}` | {number:,} | {lowest:,}–{highest:,} | {meaning} | {source} |"
        for name, number, lowest, highest, meaning, source in rows(LIMITS)
    ]
    also = [f"| {other.what} | {other.number} | {other.where} |" for other in others]
    head = "## Limits that are set elsewhere\n\n| what | number | where |\n|---|---|---|\n"
    return _HEAD + "\n".join(table) + "\n" + _HOW + head + "\n".join(also) + "\n"
