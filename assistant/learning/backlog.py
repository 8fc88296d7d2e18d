"""What was not understood: collected from the turns, put into groups, decided on by staff.

Collecting goes forward through the turns once and never back: `learning_progress` says how far. No text
of a person is kept anywhere else than in `learning_messages`, which goes with the conversation.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

from assistant.audit.keys import opened as keys
from assistant.content.likeness import uniform
from assistant.learning.clusters import MOST_TEXTS, groups_of
from assistant.learning.objections import INTENTS, objects
from assistant.nlu.features import PLACEHOLDERS
from assistant.reading.signals import is_answered

Connection = psycopg.Connection[Any]
Reason = Literal["fallback", "unsure", "objected"]
Decision = Literal["assigned", "not_ours", "hidden"]

#: Confidences are calibrated: of what is answered below this, every fourth is wrong (docs/understanding.md).
UNSURE = 0.7
#: A turn is looked at once it is so old: turns that began before it have ended then.
SETTLED = datetime.timedelta(seconds=30)
#: An objection follows the answer within this time.
FOLLOWS = datetime.timedelta(minutes=10)
_BATCH = 10_000
_PLACEHOLDERS = frozenset(PLACEHOLDERS.values())

_UNTIL = """
SELECT max(id) FROM (SELECT id, at FROM turns WHERE id > %(mark)s ORDER BY id LIMIT %(batch)s) AS next
WHERE at < now() - %(settled)s
"""
#: Whether a text names no topic of its own and was read against the one talked about ("bao lâu"): no example of it.
_BARE = """coalesce({0}.reading->>'topic' <> '' AND {0}.reading->>'topic' = {0}.reading->>'before'
      AND {0}.reading->>'rule' <> ALL(%(named)s), false)"""
_NAMED = ["as_read", "new_topic", "new_topic_side"]
_CANDIDATES = f"""
SELECT t.id, t.conversation, t.intent, t.confidence, t.at, i.kind, coalesce(i.body->>'whole', i.body->>'text'),
       p.id, p.intent, p.at, p.kind, p.text, p.bare
FROM turns t JOIN inbox i ON i.id = t.inbox_id
LEFT JOIN LATERAL (
    SELECT b.id, b.intent, b.at, k.kind, coalesce(k.body->>'whole', k.body->>'text') AS text,
           {_BARE.format("b")} AS bare
    FROM turns b JOIN inbox k ON k.id = b.inbox_id
    WHERE b.conversation = t.conversation AND b.id < t.id AND b.intent IS DISTINCT FROM 'joined'
    ORDER BY b.id DESC LIMIT 1
) p ON t.intent = ANY(%(objecting)s)
WHERE t.id > %(mark)s AND t.id <= %(until)s AND i.kind = 'text'
  AND (t.intent = ANY(%(objecting)s) OR (t.confidence < %(unsure)s AND NOT {_BARE.format("t")}))
ORDER BY t.id
"""
_ANSWERED = """
INSERT INTO learning_usage (topic, day, answered, objected)
SELECT split_part(intent, '/', 2), (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, count(*), 0 FROM turns
WHERE id > %(mark)s AND id <= %(until)s AND (intent LIKE 'faq/%%' OR intent LIKE 'subject/%%') GROUP BY 1, 2
ON CONFLICT (topic, day) DO UPDATE SET answered = learning_usage.answered + excluded.answered
"""
_OBJECTED = """
INSERT INTO learning_usage (topic, day, answered, objected)
VALUES (%s, (%s AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, 0, 1)
ON CONFLICT (topic, day) DO UPDATE SET objected = learning_usage.objected + 1
"""
# Thumbs down (table ratings): an objection, unless the person said so in words before.
_RATED = f"""
SELECT t.id, t.conversation, t.intent, t.at,
       CASE WHEN {_BARE.format("t")} THEN '' ELSE i.kind END, i.body->>'text', r.at,
       EXISTS (SELECT 1 FROM learning_messages m WHERE m.turn_id = t.id AND m.reason = 'objected')
FROM ratings r JOIN outbox o ON o.id = r.outbox_id JOIN inbox i ON i.id = o.inbox_id JOIN turns t ON t.inbox_id = i.id
WHERE r.at > %(since)s AND r.at < now() - %(settled)s AND NOT r.good ORDER BY r.at LIMIT %(batch)s
"""
_KEEP = """
INSERT INTO learning_messages (turn_id, conversation, key, text, reason, intent, at, keyed)
SELECT %s, %s, %s, %s, %s, %s, %s, true WHERE EXISTS (SELECT 1 FROM turns WHERE id = %s)
ON CONFLICT (turn_id) DO UPDATE SET reason = excluded.reason WHERE excluded.reason = 'objected'
"""
_OPEN = """
SELECT key, (array_agg(text ORDER BY at DESC))[1], max(at) AS last FROM learning_messages m
WHERE NOT EXISTS (SELECT 1 FROM learning_decisions d WHERE d.key = m.key)
GROUP BY key ORDER BY last DESC LIMIT %s
"""
_GROUPED = """
WITH placed AS (SELECT unnest(%(keys)s::bytea[]) AS key, unnest(%(numbers)s::int[]) AS number),
counted AS (
    SELECT p.number, count(DISTINCT m.conversation) AS people, count(*) AS messages, max(m.at) AS last_at
    FROM placed p JOIN learning_messages m USING (key) GROUP BY p.number
)
INSERT INTO learning_groups (key, number, people, messages, last_at)
SELECT key, number, people, messages, last_at FROM placed JOIN counted USING (number)
"""


@dataclass(frozen=True)
class Message:
    """One message that is worth learning from."""

    turn: int
    conversation: str
    text: str
    reason: Reason
    intent: str | None
    at: datetime.datetime


def key_of(text: str) -> bytes | None:
    """Returns what tells one question from another, or None if a text asks nothing: numbers alone, signs alone.

    It is keyed: of a decision, which stays when the texts and their people are gone, no text can be guessed.
    """
    if not any(char.isalpha() for char in text):  # a thumb has a meaning, but asks nothing
        return None
    words = [word for word in uniform(text).split() if word not in _PLACEHOLDERS]
    if not any(any(char.isalpha() for char in word) for word in words):
        return None
    return keys().text(hashlib.sha256(uniform(text).encode()).digest())


def key_old(connection: Connection) -> int:
    """Keys what earlier versions kept by a plain digest; returns how many rows. Two nodes at once do it once."""
    done = 0
    for table in ("learning_decisions", "learning_messages"):
        with connection.transaction():
            rows = connection.execute(f"SELECT DISTINCT key FROM {table} WHERE NOT keyed").fetchall()
            for (old,) in rows:
                done += connection.execute(
                    f"UPDATE {table} SET key = %s, keyed = true WHERE key = %s AND NOT keyed",
                    (keys().text(bytes(old)), old),
                ).rowcount
    return done


def collect(connection: Connection, settled: datetime.timedelta = SETTLED) -> int:
    """Takes in what turns have come since the last time; returns how many turns were looked at.

    Each batch is a transaction of its own: a node that dies in between leaves nothing half done.
    """
    seen = 0
    while found := _collect_batch(connection, settled):
        seen += found
    while _collect_ratings(connection, settled):
        pass
    return seen


def _collect_batch(connection: Connection, settled: datetime.timedelta) -> int:
    with connection.transaction():
        row = connection.execute("SELECT turn_id FROM learning_progress FOR UPDATE").fetchone()
        mark = int(row[0]) if row else 0
        values: dict[str, Any] = {"mark": mark, "batch": _BATCH, "settled": settled}
        until = connection.execute(_UNTIL, values).fetchone()
        if until is None or until[0] is None:
            return 0
        values |= {"until": until[0], "unsure": UNSURE, "objecting": list(INTENTS), "named": _NAMED}
        connection.execute(_ANSWERED, values)
        _keep(connection, connection.execute(_CANDIDATES, values).fetchall())
        connection.execute("UPDATE learning_progress SET turn_id = %s", (until[0],))
        return int(until[0]) - mark


def _collect_ratings(connection: Connection, settled: datetime.timedelta) -> int:
    with connection.transaction():
        row = connection.execute("SELECT rated_at FROM learning_progress FOR UPDATE").fetchone()
        values = {"since": row[0] if row else None, "settled": settled, "batch": _BATCH, "named": _NAMED}
        rows = connection.execute(_RATED, values).fetchall()
        messages, objected = [], []
        for turn, conversation, intent, at, kind, text, _, known in rows:
            if is_answered(intent or "") and not known:
                objected.append((intent.partition("/")[2], at))
            if kind == "text":
                messages.append(Message(turn, conversation, text or "", "objected", intent, at))
        _note(connection, messages, objected)
        if rows:
            connection.execute("UPDATE learning_progress SET rated_at = %s", (rows[-1][6],))
        return len(rows)


def _note(connection: Connection, messages: Sequence[Message], objected: Sequence[tuple[str, Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(_OBJECTED, objected)
        cursor.executemany(_KEEP, [row for message in messages if (row := _row(message))])


def _keep(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    messages, objected = [], []
    for turn, conversation, intent, confidence, at, _, text, *before in rows:
        if intent == "nlu_fallback":
            messages.append(Message(turn, conversation, text or "", "fallback", intent, at))
        elif confidence is not None and confidence < UNSURE:
            messages.append(Message(turn, conversation, text or "", "unsure", intent, at))
        turn_before, intent_before, at_before, kind_before, text_before, is_bare = before
        answered = is_answered(intent_before or "") and at - at_before < FOLLOWS
        if answered and objects(intent, text or ""):
            objected.append((intent_before.partition("/")[2], at_before))
            if kind_before == "text" and not is_bare:
                messages.append(Message(turn_before, conversation, text_before, "objected", intent_before, at_before))
    _note(connection, messages, objected)


def _row(message: Message) -> tuple[Any, ...] | None:
    key = key_of(message.text)
    if key is None:
        return None
    return (
        message.turn, message.conversation, key, message.text, message.reason, message.intent, message.at, message.turn,
    )  # fmt: skip


def regroup(connection: Connection, group: Callable[[Sequence[str]], list[int]] = groups_of) -> int:
    """Puts the newest open texts into groups anew; returns how many groups there are."""
    with connection.transaction():
        # Two that regroup at the same time come one after the other, so what was read earlier never replaces newer
        # groups; whoever looks at the groups meanwhile waits for nobody.
        connection.execute("LOCK TABLE learning_groups IN SHARE ROW EXCLUSIVE MODE")
        rows = connection.execute(_OPEN, (MOST_TEXTS,)).fetchall()
        numbers = group([text for _, text, _ in rows])
        connection.execute("DELETE FROM learning_groups")
        connection.execute(_GROUPED, {"keys": [key for key, _, _ in rows], "numbers": numbers})
    return len(set(numbers))


def state(connection: Connection) -> tuple[Any, ...]:
    """Returns what changes whenever groups may: the newest message and the newest decision, and how many there are."""
    row = connection.execute(
        "SELECT (SELECT max(turn_id) FROM learning_messages), (SELECT count(*) FROM learning_messages),"
        " (SELECT max(at) FROM learning_decisions), (SELECT count(*) FROM learning_decisions)"
    ).fetchone()
    return tuple(row or ())


def decide(
    connection: Connection, keys: Sequence[bytes], decision: Decision, staff: str, topic: str | None = None
) -> None:
    """Notes what staff made of texts; they leave the inbox."""
    connection.cursor().executemany(
        "INSERT INTO learning_decisions (key, decision, topic, staff, keyed) VALUES (%s, %s, %s, %s, true)"
        " ON CONFLICT (key) DO UPDATE SET decision = excluded.decision, topic = excluded.topic,"
        " staff = excluded.staff, at = now()",
        [(key, decision, topic, staff) for key in keys],
    )


def texts_of(connection: Connection, keys: Sequence[bytes]) -> list[tuple[str, str]]:
    """Returns the newest text of each key that is still there, and whose it is, in the order of the keys."""
    rows = connection.execute(
        "SELECT DISTINCT ON (key) key, text, conversation FROM learning_messages WHERE key = ANY(%s)"
        " ORDER BY key, at DESC",
        (list(keys),),
    ).fetchall()
    found = {bytes(key): (text, conversation) for key, text, conversation in rows}
    return [found[key] for key in keys if key in found]


def verbatim(connection: Connection, texts: Iterable[str]) -> list[str]:
    """Returns those of some texts that somebody wrote word for word, as far as they are in the inbox."""
    keys = {text: key for text in texts if (key := key_of(text))}
    rows = connection.execute(
        "SELECT DISTINCT key FROM learning_messages WHERE key = ANY(%s)", (list(keys.values()),)
    ).fetchall()
    known = {bytes(key) for (key,) in rows}
    return [text for text, key in keys.items() if key in known]


def keys_in(values: Sequence[str]) -> list[bytes]:
    """Returns the keys of texts that a form names; what is no key is left out."""
    found = []
    for value in values[:200]:
        try:
            key = bytes.fromhex(value)
        except ValueError:
            continue
        if len(key) == 32:
            found.append(key)
    return list(dict.fromkeys(found))
