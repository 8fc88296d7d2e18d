"""Takes events in: identifiers out, one commit, once per event id, and of one person no more than the limits allow.

What is beyond the limits is not kept; the person is told so once, in the same commit. Counting and keeping happen
under a lock on the conversation, so that the limits hold for all nodes together.
"""

from __future__ import annotations

import base64
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from types import MappingProxyType
from typing import Any

import orjson
from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from assistant.content.languages import DEFAULT, LANGUAGES
from assistant.identifiers import tokens
from assistant.identifiers.tokens import ProtectedText
from assistant.messages import dead_letters
from assistant.messages.bounds import EDGE, TEXT_LIMIT, is_too_long, searched_of
from assistant.messages.events import PULLED, Event
from assistant.messages.rate_limits import DoorLimits
from assistant.privacy import erased_events, vault
from assistant.privacy.vault import Vault
from assistant.runtime import tracing

logger = logging.getLogger(__name__)

#: Events whose words were searched before, elsewhere.
Searched = Mapping[Event, ProtectedText]

_ACCEPT = """
WITH known AS (
    INSERT INTO conversations (id, channel) VALUES (%(conversation)s, %(channel)s) ON CONFLICT DO NOTHING
), accepted AS (
    INSERT INTO inbox (channel, event_id, conversation, kind, body, sent_at)
    VALUES (%(channel)s, %(event_id)s, %(conversation)s, %(kind)s, %(body)s, %(sent_at)s)
    ON CONFLICT (channel, event_id) DO NOTHING RETURNING id
), kept AS (
    INSERT INTO vault (conversation, token, sealed, expires_at)
    SELECT %(conversation)s, token, sealed, now() + %(lives)s
    FROM accepted, unnest(%(tokens)s::text[], %(sealed)s::bytea[]) AS secret (token, sealed)
    ON CONFLICT (conversation, token) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
)
SELECT id FROM accepted
"""
# In the order of their keys, so that two nodes never wait for each other crosswise.
_LOCK = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(conversation, 1) AS key FROM unnest(%s::text[]) AS conversation ORDER BY key
) AS keys
"""
# Many events at once. `judged` says of each new one whether it is within the limits of its person, counting those
# that were kept before; what the system says to itself has no limit.
_ACCEPT_ALL = f"""
WITH given AS MATERIALIZED (
    SELECT *, {erased_events.IS_PAST.format("event")} AS past FROM jsonb_to_recordset(%(events)s) AS event (
        position int, channel text, event_id text, conversation text, kind text, body jsonb, sent_at timestamptz,
        mark text, person text, secrets jsonb)
), fresh AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY conversation, kind = 'system' ORDER BY position) AS number FROM given
    WHERE NOT past AND (SELECT 1 FROM inbox i WHERE i.channel = given.channel AND i.event_id = given.event_id) IS NULL
), before AS MATERIALIZED (
    SELECT person.conversation,
           %(a_minute)s - count(*) FILTER (WHERE earlier.at > now() - interval '1 minute') AS minute_left,
           %(an_hour)s - count(*) FILTER (WHERE earlier.at > now() - interval '1 hour') AS hour_left
    FROM (SELECT DISTINCT conversation FROM fresh WHERE kind <> 'system') AS person
    LEFT JOIN LATERAL (SELECT accepted_at AS at FROM inbox i
                       WHERE i.conversation = person.conversation AND kind <> 'system'
                       ORDER BY id DESC LIMIT %(an_hour)s) AS earlier ON true
    GROUP BY 1
), judged AS MATERIALIZED (
    SELECT fresh.*, CASE WHEN kind = 'system' OR number <= least(minute_left, hour_left) THEN NULL
                         WHEN hour_left <= minute_left THEN 'an_hour' ELSE 'a_minute' END AS over
    FROM fresh LEFT JOIN before USING (conversation)
), known AS (
    INSERT INTO conversations (id, channel)
    SELECT DISTINCT ON (conversation) conversation, channel FROM given WHERE NOT past ORDER BY conversation
    ON CONFLICT DO NOTHING
), accepted AS (
    INSERT INTO inbox (channel, event_id, conversation, kind, body, sent_at)
    SELECT channel, event_id, conversation, kind, body, sent_at FROM judged WHERE over IS NULL
    ORDER BY conversation, position
    ON CONFLICT (channel, event_id) DO NOTHING RETURNING channel, event_id
), kept AS (
    INSERT INTO vault (conversation, token, sealed, expires_at)
    SELECT DISTINCT ON (conversation, token) conversation, token, decode(sealed, 'base64'), now() + %(lives)s
    FROM accepted JOIN given USING (channel, event_id),
         jsonb_to_recordset(given.secrets) AS secret (token text, sealed text)
    ORDER BY conversation, token, position DESC
    ON CONFLICT (conversation, token) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at
), told AS (
    INSERT INTO outbox (conversation, body, state, sent_at)
    SELECT conversation, jsonb_strip_nulls(jsonb_build_object(
               'text', %(sentences)s -> spoken ->> over, 'buttons', '[]'::jsonb, 'limit', over,
               'language', nullif(spoken, %(default)s))),
           CASE WHEN channel = ANY (%(pulled)s) THEN 'sent' ELSE 'waiting' END,
           CASE WHEN channel = ANY (%(pulled)s) THEN now() END
    FROM (SELECT DISTINCT ON (conversation) judged.*,
                 coalesce((SELECT language FROM conversations c WHERE c.id = judged.conversation),
                          %(default)s) AS spoken
          FROM judged WHERE over IS NOT NULL ORDER BY conversation, position DESC) AS last
    WHERE NOT EXISTS (
        SELECT 1 FROM outbox o WHERE o.conversation = last.conversation AND o.body ->> 'limit' IN (over, 'an_hour')
        AND o.created_at > now() - CASE over WHEN 'an_hour' THEN interval '1 hour' ELSE interval '1 minute' END
    )
    RETURNING conversation
)
SELECT channel, event_id, 'accepted' FROM accepted
UNION ALL
SELECT channel, event_id, CASE WHEN conversation IN (SELECT conversation FROM told) THEN 'told' ELSE 'over' END
FROM judged WHERE over IS NOT NULL
UNION ALL
SELECT channel, event_id, 'past' FROM given WHERE past
"""


#: Writes a little, so that its commit waits until everything before it is as safe as commits are here.
WAIT_FOR_STANDBY = "SELECT pg_logical_emit_message(true, 'assistant', '')"


class Taken(Enum):
    """What became of an event at the door."""

    ACCEPTED = "accepted"
    SEEN = "seen"  # stored before
    OVER = "over"  # beyond the limits of the person: not kept
    TOLD = "told"  # the same, and the person is being told
    PAST = "past"  # of before its person was erased: not kept
    REFUSED = "refused"  # its own content cannot be stored: kept aside


_LONGEST_ADDRESS = 2000
#: Where nobody says otherwise.
LIMITS = DoorLimits()


#: A button of ours: letters and a few digits ("#faq/tk1_ts" looks like a password, and is none).
_OURS = re.compile(r"#[a-z_]+(?:/(?![a-z0-9_]*\d{5})[a-z][a-z0-9_]*)?")


def _protected_payload(payload: str, conversation: str, key: bytes) -> str:
    """Returns a payload without identifiers and secrets; one that can be a button of ours as it stands."""
    return payload if _OURS.fullmatch(payload) else tokens.protect(payload, conversation, key).text


def _storable(text: str) -> str:
    """Returns `text` without the one character that PostgreSQL does not store."""
    return text.replace("\0", "")


def search(event: Event, safe: Vault) -> ProtectedText:
    """Returns an event's words without identifiers; bounded in length and places, it takes milliseconds at most."""
    searched = searched_of(event.text)
    found = tokens.protect(_storable(searched), event.conversation, safe.token_key)
    return found if len(searched) == len(event.text) else replace(found, text=found.text[:-EDGE])


def picture_of(safe: Vault, conversation: str, kept: str) -> str:
    """Returns where the platform has a picture, of what an event's body keeps; an empty text: its key is gone."""
    try:
        return safe.open(base64.b64decode(kept), f"picture {conversation}")
    except (vault.VaultError, ValueError):
        return ""


def _parameters(event: Event, safe: Vault, searched: Searched) -> dict[str, Any]:
    protected = searched.get(event) or search(event, safe)
    body: dict[str, Any] = {"text": protected.text[:TEXT_LIMIT]} if event.kind == "text" else {}
    if is_too_long(event.text):
        body["too_long"] = len(event.text)
    if event.payload:
        # A browser may send anything as a payload, and as its title below.
        body["payload"] = _protected_payload(_storable(event.payload), event.conversation, safe.token_key)
    if event.media:
        body["media"] = event.media
    if event.picture and len(event.picture) <= _LONGEST_ADDRESS:
        sealed = safe.seal(_storable(event.picture), f"picture {event.conversation}")
        body["picture"] = base64.b64encode(sealed).decode()  # forgotten with the turn, unless an agent has the chat
    if event.address:
        body["address"] = event.address  # forgotten with the turn
    if event.language in LANGUAGES:
        body["language"] = event.language
    if event.locale in LANGUAGES:
        body["locale"] = event.locale
    if event.kind in ("payload", "system") and event.text:
        body["text"] = protected.text[:100]  # the button's title, or what a system event is about
    if protected.dropped:
        body["dropped"] = sorted(protected.dropped)
    return {
        "conversation": event.conversation,
        "channel": event.channel,
        "event_id": event.event_id,
        "kind": event.kind,
        "body": Jsonb(body),
        "sent_at": event.sent_at,
        "lives": vault.LIVES,
        "tokens": [secret.token for secret in protected.secrets],
        "sealed": [safe.seal(secret.value, f"{event.conversation} {secret.token}") for secret in protected.secrets],
    }


def _row(position: int, event: Event, safe: Vault, searched: Searched) -> bytes:
    """Returns an event as JSON for `_ACCEPT_ALL`; TypeError if its text is none that can be stored."""
    values = _parameters(event, safe, searched)
    secrets = [
        {"token": token, "sealed": base64.b64encode(sealed).decode()}
        for token, sealed in zip(values["tokens"], values["sealed"], strict=True)
    ]
    known = {name: values[name] for name in ("channel", "event_id", "conversation", "kind", "sent_at")}
    known["mark"] = erased_events.mark_of(event.channel, event.event_id)
    known["person"] = erased_events.mark_of_person(event.conversation)
    return orjson.dumps(known | {"position": position, "body": values["body"].obj, "secrets": secrets})


async def accept(connection: AsyncConnection[Any], event: Event, safe: Vault, limits: DoorLimits = LIMITS) -> bool:
    """Stores an event for good; returns False if it was stored before, is beyond its person's limits or of a past
    that was erased.

    The connection is in autocommit: when this returns, the event is on disk.
    """
    return (await store(connection, [event], safe, limits))[0] is Taken.ACCEPTED


async def accept_all(
    connection: AsyncConnection[Any],
    events: Sequence[Event],
    safe: Vault,
    limits: DoorLimits = LIMITS,
    searched: Searched | None = None,
) -> list[Taken]:
    """Stores events for good with one commit, in order; returns what became of each.

    Where one of them cannot be stored the others are stored each by itself; it is kept aside (dead_letters) where its
    own content is proven to be why. What is not in `searched` is searched here.

    Raises:
        psycopg.Error: if the database is away, full, read-only or confused; what was stored till then is known on a
            repeat. Whoever sent the events must not be told that they were taken.
    """
    try:
        return await store(connection, events, safe, limits, searched or {})
    except dead_letters.DOUBTFUL as error:
        if len(events) > 1:
            return [(await accept_all(connection, [event], safe, limits, searched))[0] for event in events]
        event = events[0]
        if not await dead_letters.is_its_own_fault(
            connection, event, lambda each: store(connection, [each], safe, limits)
        ):
            raise
        if not await dead_letters.keep(connection, event, safe, error):
            return [Taken.PAST]
        logger.error("%s event cannot be stored (%s): kept aside", event.channel, type(error).__name__)
        return [Taken.REFUSED]


async def store(
    connection: AsyncConnection[Any],
    events: Sequence[Event],
    safe: Vault,
    limits: DoorLimits,
    searched: Searched = MappingProxyType({}),
) -> list[Taken]:
    first: dict[tuple[str, str], Event] = {}
    for event in events:
        first.setdefault((event.channel, event.event_id), event)
    rows = b",".join(_row(position, event, safe, searched) for position, event in enumerate(first.values()))
    values = {
        "events": Jsonb(None, dumps=lambda _: b"[%s]" % rows),
        "lives": vault.LIVES,
        "a_minute": limits.a_minute,
        "an_hour": limits.an_hour,
        "sentences": Jsonb(limits.sentences),
        "pulled": list(PULLED),
        "default": DEFAULT,
    }
    async with connection.pipeline():  # one round trip, one transaction
        await connection.execute(_LOCK, (list({event.conversation for event in events}),))
        cursor = await connection.execute(_ACCEPT_ALL, values)
    became = {(channel, event_id): Taken(what) for channel, event_id, what in await cursor.fetchall()}
    if len(became) < len(first):
        # What was stored before may stand on this server alone: whoever stored it gave up waiting for the standby, and
        # told the platform so. A repeat is acknowledged, so it waits, by a commit of its own that comes after that one.
        await connection.execute(WAIT_FOR_STANDBY)
    # Twice in one batch: the first one is the event, the other its repeat.
    return [
        became.get(name, Taken.SEEN) if first[name] is event else Taken.SEEN
        for event in events
        for name in [(event.channel, event.event_id)]
    ]


def accept_within(connection: Connection[Any], event: Event, safe: Vault) -> bool:
    """Stores an event of the system's own in the caller's transaction; nobody can send such a one again."""
    started = time.perf_counter()
    new = connection.execute(_ACCEPT, _parameters(event, safe, {})).fetchone() is not None
    tracing.accepted(event.channel, event.event_id, event.kind, "accepted" if new else "seen", started)
    return new


#: Conversations with events older than so many seconds, oldest first.
WAITING = """
SELECT conversation FROM inbox WHERE done_at IS NULL GROUP BY conversation
HAVING min(accepted_at) < now() - make_interval(secs => %s) ORDER BY min(id) LIMIT %s
"""
