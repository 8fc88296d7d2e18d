"""What the reset does by itself: sends what was not said, tells owners, closes the breaker, forgets.

A person who tries codes sees nothing of it: it happens in transactions of its own, after the answer.
"""

from __future__ import annotations

from typing import Any

import psycopg

from assistant.accounts import unsaid
from assistant.accounts.records import LANGUAGE_OF_OWNER, PostgresResetStore
from assistant.settings.limits import Limits

#: How often `keep_up` runs; with the mail worker's pause the owner is told within a minute.
SECONDS = 10.0
ATTEMPTS_MAIL = "reset_attempts"
UNCONFIRMED_MAIL = "password_unconfirmed"

# In the owner's language, as far as a reset that they completed tells it. Whoever tries does not choose it: what was
# tried in another language is told in both.
# Told once a day. The row decides, not the time: several nodes may look at once.
_ATTEMPTS = f"""
WITH tried AS (
    SELECT owner_ref, max(masked_code) AS masked_code, count(*) AS times,
           'vi ' || max(language) FILTER (WHERE language <> 'vi') AS both_languages FROM attempts
    WHERE owner_ref > '' AND at > now() - interval '1 day' GROUP BY owner_ref HAVING count(*) >= %(after)s
), due AS (
    INSERT INTO owner_notices (member_ref) SELECT owner_ref FROM tried
    ON CONFLICT (member_ref) DO UPDATE SET told_at = now() WHERE owner_notices.told_at <= now() - interval '1 day'
    RETURNING member_ref
), queued AS (
    INSERT INTO mail (kind, member_ref, masked_code, language)
    SELECT %(kind)s, t.owner_ref, t.masked_code,
           coalesce({LANGUAGE_OF_OWNER.format(member="t.owner_ref")}, t.both_languages)
    FROM tried t JOIN due d ON d.member_ref = t.owner_ref
)
SELECT t.owner_ref, t.times FROM tried t JOIN due d ON d.member_ref = t.owner_ref
"""
# SKIP LOCKED: the register is being asked this very moment.
_UNCONFIRMED = """
UPDATE resets SET tried_at = NULL WHERE id IN (
    SELECT id FROM resets WHERE tried_at < now() - interval '30 seconds' AND used_at IS NULL
    FOR NO KEY UPDATE SKIP LOCKED
)
RETURNING id::text, person, member_ref,
          NOT EXISTS (SELECT 1 FROM mail m WHERE m.reset_id = resets.id AND m.kind = %s)
"""
_CLOSE = """
UPDATE breaker_openings SET closed_at = now()
WHERE closed_at IS NULL
  AND (SELECT count(*) FROM resets WHERE started_at > now() - interval '1 minute') < %s
  AND (SELECT count(*) FROM resets WHERE started_at > now() - interval '1 hour') < %s
RETURNING extract(epoch FROM now() - opened_at)::int
"""
# No limit looks further back than a day.
_FORGET = """
UPDATE resets SET address = NULL, destination = NULL, numbers = NULL
WHERE destination IS NOT NULL AND started_at < now() - interval '2 days'
"""


def keep_up(connection: psycopg.Connection[Any], limits: Limits) -> int:
    """Does all of it, each step in a transaction of its own; returns how many mails were queued.

    Args:
        connection: not in a transaction.
        limits: those in force.
    """
    queued = tell_of_attempts(connection, limits) + tell_of_unconfirmed(connection)
    close_breaker(connection, limits)
    unsaid.watch(connection, limits)
    with connection.transaction():
        connection.execute(_FORGET)
    # Last: a letter that cannot be begun keeps no owner untold, no breaker open and no alarm quiet.
    return queued + unsaid.start_due(connection, limits)


def tell_of_attempts(connection: psycopg.Connection[Any], limits: Limits) -> int:
    """Queues a mail to each member whose code was tried too often, and returns how many."""
    with connection.transaction():
        store = PostgresResetStore(connection)
        values = {"after": limits.owner_told_after, "kind": ATTEMPTS_MAIL}
        due = connection.execute(_ATTEMPTS, values).fetchall()
        for member_ref, times in due:
            store.audit("reset.owner_told", "", member=member_ref, attempts=str(times))
    return len(due)


def tell_of_unconfirmed(connection: psycopg.Connection[Any]) -> int:
    """Queues a mail about each password that the register may or may not have set; once a reset."""
    with connection.transaction():
        store, queued = PostgresResetStore(connection), 0
        for reset_id, person, member_ref, first in connection.execute(_UNCONFIRMED, (UNCONFIRMED_MAIL,)).fetchall():
            if first:
                store.queue_mail(UNCONFIRMED_MAIL, reset_id)
                store.audit("reset.unconfirmed", person, member=member_ref, reset=reset_id)
                queued += 1
    return queued


def close_breaker(connection: psycopg.Connection[Any], limits: Limits) -> bool:
    """Lets resets start again once the flood is over; False if they may, or it is not."""
    with connection.transaction():
        row = connection.execute(_CLOSE, (limits.starts_a_minute, limits.starts_an_hour)).fetchone()
        if row is None:
            return False
        PostgresResetStore(connection).audit("reset.breaker_closed", "", seconds=str(row[0]))
    return True
