"""Tells those in charge, outside the console, that somebody is needed: by a webhook, by e-mail, in agents' browsers.

Each thing is told once each way; what could not be told is tried again while it still is so. A message has counts
and a link only: nothing of a citizen leaves the house.
"""

from __future__ import annotations

import datetime
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import httpx
import psycopg

from assistant.desk import holding, push
from assistant.desk.handover import Desk
from assistant.mail.letters import Letter
from assistant.mail.smtp import MailError, SmtpMailer
from assistant.privacy.vault import Vault
from assistant.runtime.times import VIETNAM
from assistant.settings import ROOT, yaml_files

logger = logging.getLogger(__name__)
Connection = psycopg.Connection[Any]
#: Seconds between two looks.
EVERY = 5.0
_WORDS = ROOT / "data/console/alerts.yml"
_KINDS = ("waits", "overdue", "missed", "question", "token")
_SECONDS = 10.0
_LONGEST_PAUSE = 1800
_DUE = f"""
SELECT 'waits ' || id || coalesce(' ' || returned_at, ''), 'waits' FROM handovers
WHERE state = 'waiting' AND coalesce(returned_at, asked_at) < now() - %(patience)s
UNION ALL
SELECT 'overdue ' || h.id || ' ' || unanswered.since, 'overdue' FROM handovers h {holding.UNANSWERED}
WHERE h.state = 'with_person' AND h.until IS NULL AND unanswered.since < now() - %(slow)s
UNION ALL
SELECT 'missed ' || h.id, 'missed' FROM handovers h WHERE {holding.MISSED}
UNION ALL
SELECT 'question ' || number || ' ' || promised_on, 'question' FROM questions
WHERE answered_at IS NULL AND closed_at IS NULL AND promised_on <= %(today)s AND %(daytime)s
UNION ALL
SELECT 'token ' || oa_id || ' ' || coalesce(trouble_at::text, ''), 'token' FROM zalo_tokens WHERE trouble IS NOT NULL
"""
_RAISE = """
INSERT INTO desk_alerts (key, way, kind) SELECT key, way, kind
FROM unnest(%s::text[], %s::text[]) AS due (key, kind), unnest(%s::text[]) AS way ON CONFLICT DO NOTHING
"""
_OVER = "DELETE FROM desk_alerts WHERE sent_at IS NULL AND key <> ALL (%s)"
_PENDING = "SELECT key, way, kind, next_try_at <= now() FROM desk_alerts WHERE sent_at IS NULL"
_SENT = "UPDATE desk_alerts SET sent_at = now() WHERE way = %s AND key = ANY (%s)"
_BROWSERS = """
SELECT p.id FROM push_subscriptions p JOIN staff f ON f.name = p.agent
WHERE f.disabled_at IS NULL AND 'agent' = ANY (f.roles) ORDER BY p.id
"""
_FAILED = f"""
UPDATE desk_alerts SET tries = tries + 1,
    next_try_at = now() + make_interval(secs => least({_LONGEST_PAUSE}, 10 * power(2, least(tries, 10))))
WHERE way = %s AND key = ANY (%s)
"""


@dataclass(frozen=True)
class Ways:
    """How those in charge are reached, and after how long a wait in the queue."""

    webhook: str
    emails: tuple[str, ...]
    patience: datetime.timedelta
    link: str
    vault: Vault | None = None  # opens the browsers that are told; None: none is
    contact: str = ""  # who push services ask if something is wrong with us

    @property
    def names(self) -> list[str]:
        """The ways as the database names them."""
        return [*(["webhook"] if self.webhook else []), *(f"mail {address}" for address in self.emails)]


@lru_cache(maxsize=1)
def _words() -> Mapping[str, str]:
    words: Mapping[str, str] = yaml_files.read(_WORDS)
    return words


def told(kinds: Iterable[str], link: str) -> str:
    """Returns a message in words: a line for each kind, and where to go."""
    counted = Counter(kinds)
    lines = [_words()[kind].format(count=counted[kind]) for kind in _KINDS if counted[kind]]
    return "\n".join([*lines, _words()["open"].format(url=link)])


class Alerts:
    """Looks what is due, and tells it."""

    def __init__(self, connect: Callable[[], Connection], desk: Desk, ways: Ways, mailer: SmtpMailer | None) -> None:
        self._connect = connect
        self._desk = desk
        self._ways = ways
        self._mailer = mailer

    def round(self) -> None:
        """Raises what is new, forgets what is over, tells what was not told."""
        with self._connect() as connection:
            connection.autocommit = True
            names = [*self._ways.names, *self._browsers(connection)]
            self._note(connection, names)
            pending: dict[str, list[tuple[str, str]]] = {}
            for key, way, kind, is_time in connection.execute(_PENDING).fetchall():
                if is_time and way in names:
                    pending.setdefault(way, []).append((key, kind))
            for way, found in pending.items():
                keys = [key for key, _ in found]
                text = told((kind for _, kind in found), self._ways.link)
                done = self._push(connection, way, text) if way.startswith("push ") else self._tell(way, text, keys)
                connection.execute(_SENT if done else _FAILED, (way, keys))

    def _browsers(self, connection: Connection) -> list[str]:
        if self._ways.vault is None:
            return []
        return [f"push {number}" for (number,) in connection.execute(_BROWSERS).fetchall()]

    def _push(self, connection: Connection, way: str, text: str) -> bool:
        vault, number = self._ways.vault, int(way.removeprefix("push "))
        browser = push.opened(connection, vault, number) if vault else None
        if vault is None or browser is None:
            return False
        words = "\n".join(text.splitlines()[:-1])  # the link goes beside it
        what = push.send(
            browser, push.signing_key(vault), self._ways.contact, _words()["subject"], words, self._ways.link
        )
        if what == "gone":
            connection.execute("DELETE FROM push_subscriptions WHERE id = %s", (number,))
        elif what == "failed":
            logger.warning("an alert was not taken by a push service")
        return what != "failed"

    def _note(self, connection: Connection, names: list[str]) -> None:
        now = datetime.datetime.now(VIETNAM)
        values = {
            "patience": self._ways.patience, "slow": self._desk.slow, "today": now.date(),
            "daytime": 8 <= now.hour < 20,
        }  # fmt: skip
        due = connection.execute(_DUE, values).fetchall()
        keys = [key for key, _ in due]
        connection.execute(_OVER, (keys,))
        connection.execute(_RAISE, (keys, [kind for _, kind in due], names))

    def _tell(self, way: str, text: str, keys: list[str]) -> bool:
        try:
            if way == "webhook":
                httpx.post(self._ways.webhook, json={"text": text}, timeout=_SECONDS).raise_for_status()
            elif self._mailer:
                paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
                letter = Letter(_words()["subject"], text, f'<html lang="vi"><body>{paragraphs}</body></html>')
                self._mailer.send(way.removeprefix("mail "), letter, f"alert {way} {min(keys)}")
            else:
                return False
        except (httpx.HTTPError, httpx.InvalidURL, MailError) as error:
            logger.warning("an alert was not taken by the %s: %s", way.split(maxsplit=1)[0], type(error).__name__)
            return False
        return True
