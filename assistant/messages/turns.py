"""One turn: claim a conversation, run the engine on its oldest event, commit everything at once.

Tracker, replies, vault, resets, queued mail and "this event is done" are one transaction. A
worker that dies leaves nothing behind; PostgreSQL releases the row and another goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from assistant.content.languages import DEFAULT, known
from assistant.messages import bursts, menu
from assistant.messages.bursts import Piece, Unfinished
from assistant.messages.events import Reply, Turn
from assistant.messages.outbox import LEASE_SECONDS, Message
from assistant.runtime import logs, metrics, tracing

# NO KEY UPDATE: the doors' foreign-key checks on the row do not wait for a turn.
#: Takes a conversation and its oldest waiting event, unless another worker has it.
CLAIM = f"""
SELECT c.channel, c.tracker, c.menu, c.language, i.id, i.event_id, i.kind, i.body, i.failures,
       EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = c.id AND h.state = 'with_person'
               AND (h.until IS NULL OR h.until > now())) AS with_person,
       (SELECT jsonb_build_object('masked_email', r.masked_email, 'used', r.used_at IS NOT NULL,
                                  'seconds_left', extract(epoch FROM r.expires_at - now())::int,
                                  'failed', coalesce(m.state = 'dead' OR m.bounced_at IS NOT NULL, false))
        FROM resets r LEFT JOIN mail m ON m.reset_id = r.id AND m.kind = 'reset_link'
        WHERE r.person = c.id AND r.started_at > greatest(now() - interval '1 day', c.erased_at)
        ORDER BY r.started_at DESC, m.id LIMIT 1) AS reset,
       EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = c.id AND h.state = 'waiting') AS waits,
       EXISTS (SELECT 1 FROM questions q WHERE q.conversation = c.id AND q.answered_at IS NULL
               AND q.closed_at IS NULL) AS asked,
       extract(epoch FROM clock_timestamp() - i.accepted_at)::float AS age,
       (SELECT jsonb_agg(jsonb_build_array(n.id, n.event_id, n.kind, n.body) ORDER BY n.id) FROM (
            SELECT id, event_id, kind, body FROM inbox WHERE conversation = c.id AND done_at IS NULL AND id > i.id
            ORDER BY id LIMIT {bursts.MOST}) n) AS following
FROM conversations c
JOIN LATERAL (
    SELECT * FROM inbox WHERE conversation = c.id AND done_at IS NULL ORDER BY id LIMIT 1
) i ON true
WHERE c.id = %s
FOR NO KEY UPDATE OF c SKIP LOCKED
"""
_FORGOTTEN = "CASE %(intent)s::text WHEN 'with_person' THEN ARRAY['address'] ELSE ARRAY['address', 'picture'] END"
# Everything a turn leaves, in one statement. `done_at IS NULL` decides, not the claim's snapshot: where an event is
# done already, the division fails and takes the whole turn back. What was sent in pieces is answered at the last one.
# A reply is leased to this node where nothing older waits, so that it can go out without another round trip.
FINISH = f"""
WITH done AS (
    UPDATE inbox SET done_at = now(), body = CASE WHEN id = %(inbox_id)s THEN (body - {_FORGOTTEN}) || %(whole)s
                                                  ELSE body - {_FORGOTTEN} END
    WHERE id = ANY(%(inbox_ids)s::bigint[]) AND done_at IS NULL RETURNING id
), turn AS (
    INSERT INTO turns (conversation, inbox_id, intent, confidence, ranking, actions, reading, model, milliseconds,
                       release)
    SELECT %(conversation)s, id, CASE WHEN last THEN %(intent)s::text ELSE '{bursts.JOINED}' END,
           CASE WHEN last THEN %(confidence)s::real END, CASE WHEN last THEN %(ranking)s::jsonb END,
           CASE WHEN last THEN %(actions)s::jsonb END, CASE WHEN last THEN %(reading)s::jsonb END,
           %(model)s::text, CASE WHEN last THEN %(milliseconds)s::real END, %(release)s::bigint
    FROM (SELECT id, id = %(inbox_id)s AS last FROM done ORDER BY id) AS events
), said AS (
    INSERT INTO outbox (conversation, inbox_id, sender, agent, body, state, sent_at, attempts, lease_until, lease_owner)
    SELECT %(conversation)s, done.id, %(sender)s::text,
           CASE WHEN %(sender)s = 'agent' THEN (SELECT q.agent FROM questions q WHERE q.answer_event = %(event_id)s
                                                AND q.conversation = %(conversation)s) END,
           reply.body, %(state)s::text, CASE WHEN %(state)s = 'sent' THEN now() END,
           leased.now::int, CASE WHEN leased.now THEN now() + make_interval(secs => %(lease)s::real) END,
           CASE WHEN leased.now THEN %(owner)s::text END
    FROM done, jsonb_array_elements(%(replies)s) WITH ORDINALITY AS reply (body, position),
         LATERAL (SELECT position = 1 AND %(owner)s::text IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM outbox WHERE conversation = %(conversation)s AND state = 'waiting'
         ) AS now) AS leased
    WHERE done.id = %(inbox_id)s
    ORDER BY position
    RETURNING id, lease_owner
), kept AS (
    UPDATE conversations SET tracker = %(tracker)s, menu = %(menu)s, language = %(language)s,
           turns = turns + cardinality(%(inbox_ids)s::bigint[]), updated_at = now()
    WHERE id = %(conversation)s
)
SELECT 1 / (SELECT (count(*) = cardinality(%(inbox_ids)s::bigint[]))::int FROM done),
       EXISTS (SELECT 1 FROM inbox WHERE conversation = %(conversation)s AND done_at IS NULL
               AND id <> ALL(%(inbox_ids)s::bigint[])),
       (SELECT id FROM said WHERE lease_owner IS NOT NULL),
       EXISTS (SELECT 1 FROM mail WHERE state = 'waiting' AND created_at = now())
"""
_ONE_TURN = "turns_inbox_id_key"
_WAITS = "SELECT EXISTS (SELECT 1 FROM inbox WHERE conversation = %s AND done_at IS NULL)"
#: Seconds after which PostgreSQL (17 or newer) takes a turn back: a machine that was frozen in the middle of one holds
#: its conversation no longer. (Its limit on idle transactions does not see those that a pipeline began.)
LONGEST = 20
#: What is said of this event are a colleague's words.
ANSWERED = "#question_answered"
#: An event that failed this often is answered with an apology instead of being tried again.
TRIES = 2


@dataclass(frozen=True)
class Acts:
    """What acts of ours left for this person: the last reset of a day, a place in the queue, a question for staff.

    `reset` holds masked_email, used, seconds_left and failed (its letter); None if there is none.
    """

    reset: dict[str, Any] | None = None
    waits: bool = False
    asked: bool = False


@dataclass(frozen=True)
class Claimed:
    """An event to answer, with what is known of its conversation."""

    conversation: str
    channel: str
    tracker: list[dict[str, Any]]
    inbox_id: int
    event_id: str
    kind: str
    body: dict[str, Any]
    acts: Acts = Acts()
    pieces: tuple[int, ...] = ()  # the events whose words this one ends
    language: str | None = None  # the conversation's so far; None: nothing is known of it
    may_wait: bool = False  # the engine may raise `Unfinished` where nothing is said yet


class Engine(Protocol):
    """Turns an event into replies (assistant.rasa.host)."""

    model: str
    release: int | None  # the release that the model came with; None: a node's own

    def handle(self, claimed: Claimed, connection: psycopg.Connection[Any]) -> Turn:
        """Runs one turn; whatever it writes goes through `connection`.

        Raises:
            Unfinished: before anything is written, where that is allowed (`may_wait`) and nothing is said yet.
        """

    def apology(self, language: str) -> Reply:
        """Returns what is said when a turn cannot be run, in a language."""

    def close(self) -> None:
        """Releases what the engine holds for the calling thread."""


class StaleClaim(Exception):
    """Another worker finished the event between our snapshot and our lock."""


class InOtherHands(Exception):
    """Events wait, but another worker has the conversation just now."""


@dataclass(frozen=True)
class Taken:
    """What a turn left: whether more events wait, a message that this node may send at once, whether a letter waits."""

    more: bool
    leased: Message | None = None
    mailed: bool = False
    waits: float = 0.0  # seconds for which the event is left: more of what it begins may come


def take_turn(
    connection: psycopg.Connection[Any], conversation: str, engine: Engine, pulled: frozenset[str]
) -> bool | None:
    """Answers the oldest waiting event of a conversation.

    Args:
        connection: not in a transaction, or in one of which the turn becomes a part; left so.
        conversation: the conversation's id.
        engine: what answers.
        pulled: channels whose people fetch their messages; nothing has to be delivered there.

    Returns:
        True if more events wait, False if none does, None if there was nothing to do here (no
        event, or another worker has the conversation).
    """
    try:
        taken = run_turn(connection, conversation, engine, pulled)
    except InOtherHands:
        return None
    return taken.more if taken else None


def run_turn(
    connection: psycopg.Connection[Any],
    conversation: str,
    engine: Engine,
    pulled: frozenset[str],
    owner: str | None = None,
    patience: float = 0.0,
) -> Taken | None:
    """Answers the oldest waiting event (see `take_turn`); None if no event waits.

    Two round trips beside the engine's own: the claim, and everything the turn leaves with its commit.

    Args:
        owner: the node that will send the reply itself; None if the reply is to wait for a deliverer.
        patience: seconds from its arrival for which an event that says nothing yet is left; 0: each is answered alone.

    Raises:
        InOtherHands: if another worker has the conversation.
        StaleClaim: if the event was finished by another worker meanwhile; nothing of the turn is kept.
    """
    started = time.perf_counter()
    steps = _Steps.within(connection)
    try:
        with connection.pipeline():
            for step in steps.begin:
                connection.execute(step)
            found = connection.execute(CLAIM, (conversation,))
        row = found.fetchone()
        if row is None:
            with connection.pipeline():
                waiting = connection.execute(_WAITS, (conversation,))
                connection.execute(steps.commit)
            if waiting.fetchone() == (True,):
                raise InOtherHands
            return None
        claim = _read(conversation, row, patience)
        first = claim.first
        logs.note_event(first.inbox_id)
        with tracing.turn(first.channel, first.event_id, row[6], claim.failures, started) as traced:
            answered = _answer(claim, connection, engine)
            if answered is None:
                traced.set(intent="unfinished")
                steps.undo(connection)
                return Taken(more=False, waits=claim.left)
            claimed, turn = answered
            traced.set(intent=turn.intent)
            values = _values(claimed, turn, pulled, owner)
            values |= {"model": engine.model, "release": engine.release}
            values["milliseconds"] = (time.perf_counter() - started) * 1000
            with connection.pipeline():
                finished = connection.execute(FINISH, values)
                connection.execute(steps.commit)
    except InOtherHands:
        raise
    except BaseException as error:
        steps.undo(connection)
        if isinstance(error, psycopg.errors.DivisionByZero) or _answered_before(error):
            raise StaleClaim from error
        raise
    if claimed.kind == "text" and not claim.with_person:
        metrics.understood.labels("no" if turn.intent == "nlu_fallback" else "yes").inc()
    _, more, leased, mailed = finished.fetchone() or (1, False, None, False)
    reply = Message(leased, conversation, _bodies(turn)[0], values["sender"], 1) if leased else None
    return Taken(more, reply, mailed)


def _values(claimed: Claimed, turn: Turn, pulled: frozenset[str], owner: str | None) -> dict[str, Any]:
    """Returns what `FINISH` is told of a turn, but the engine's model and time."""
    bodies = _bodies(turn)
    fetched = claimed.channel in pulled
    return {
        "conversation": claimed.conversation,
        "inbox_id": claimed.inbox_id,
        "inbox_ids": [*claimed.pieces, claimed.inbox_id],
        "whole": _json(bursts.whole(claimed)),
        "intent": turn.intent,
        "confidence": turn.confidence,
        "ranking": _json(turn.ranking),
        "actions": _json(turn.actions),
        "reading": _json(turn.reading),
        "replies": _json(bodies),
        "sender": "agent" if claimed.kind == "system" and claimed.body.get("payload") == ANSWERED else "bot",
        "event_id": claimed.event_id,
        "state": "sent" if fetched else "waiting",
        "tracker": _json(turn.tracker),
        "language": turn.language,
        "menu": _json(next((body["buttons"] for body in reversed(bodies) if body["buttons"]), None)),
        "owner": None if fetched else owner,
        "lease": LEASE_SECONDS,
    }


def _bodies(turn: Turn) -> list[dict[str, Any]]:
    """Returns the replies as the outbox keeps them; what is not in the usual language says in which it is."""
    other = {"language": turn.language} if turn.language not in (None, DEFAULT) else {}
    return [reply.as_body() | other for reply in turn.replies]


@dataclass(frozen=True)
class _Steps:
    """How a turn's transaction begins and ends: statements that travel together with others."""

    begin: tuple[str, ...]
    commit: str
    rollback: str

    @classmethod
    def within(cls, connection: psycopg.Connection[Any]) -> _Steps:
        if connection.info.transaction_status != TransactionStatus.IDLE:
            return cls(("SAVEPOINT turn",), "RELEASE turn", "ROLLBACK TO turn")
        # Without autocommit psycopg begins by itself.
        begin = ("BEGIN",) if connection.autocommit else ()
        limit = (f"SET LOCAL transaction_timeout = '{LONGEST}s'",) if connection.info.server_version >= 170000 else ()
        return cls((*begin, *limit), "COMMIT", "")

    def undo(self, connection: psycopg.Connection[Any]) -> None:
        """Takes back what was done; where the connection is lost, PostgreSQL does."""
        if connection.closed or connection.info.transaction_status == TransactionStatus.IDLE:
            return
        with suppress(psycopg.OperationalError):
            if self.rollback:
                connection.execute(self.rollback)
                connection.execute(self.commit)
            else:
                connection.rollback()


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=orjson.dumps)


def _answered_before(error: BaseException) -> bool:
    return isinstance(error, psycopg.errors.UniqueViolation) and error.diag.constraint_name == _ONE_TURN


@dataclass(frozen=True)
class _Claim:
    """A conversation in hand: its oldest event, what waits behind it, how long the event may still be left."""

    first: Claimed
    following: tuple[Piece, ...]
    menu: list[dict[str, Any]] | None
    failures: int
    with_person: bool
    left: float

    def readings(self) -> Iterator[Claimed]:
        """Yields what may be answered: the event, then with each piece that came after; the last may have to wait."""
        if self.failures or not self.following or not bursts.can_wait(self.first):
            found = [self.first]
        else:
            found = list(bursts.joined(self.first, self.following, lambda text: bool(menu.pressed(text, self.menu))))
        for each in found[:-1]:
            yield replace(each, may_wait=True)
        all_read = len(found) > len(self.following)  # else something that joins nothing waits behind it
        yield replace(found[-1], may_wait=self.left > 0 and all_read)


def _read(conversation: str, row: tuple[Any, ...], patience: float) -> _Claim:
    """Returns the claimed row as the engine reads it: a typed button is a pressed one."""
    channel, tracker, last_menu, language, inbox_id, event_id, kind, body, failures, with_person, *rest = row
    *acts, age, following = rest
    payload = menu.pressed(body["text"], last_menu) if kind == "text" and "text" in body else None
    if payload:
        kind, body = "payload", body | {"payload": payload}
    first = Claimed(
        conversation, channel, tracker or [], inbox_id, event_id, kind, body, Acts(*acts), language=language
    )
    pieces = tuple(Piece(*piece) for piece in following or ()) if patience else ()
    left = patience - age if bursts.can_wait(first) and not failures else 0.0
    return _Claim(first, pieces, last_menu, failures, with_person, max(0.0, left))


def _answer(claim: _Claim, connection: psycopg.Connection[Any], engine: Engine) -> tuple[Claimed, Turn] | None:
    """Returns what is answered, and how; None if it is left for a little."""
    first = claim.first
    if claim.with_person and first.kind != "system":
        return first, Turn(
            (), first.tracker, "with_person", None, language=first.language
        )  # the desk reads it in the inbox and answers
    if claim.failures >= TRIES:
        # An apology comes with a fresh start: the dialogue's state may be what fails.
        spoken = known(first.language)
        return first, Turn((engine.apology(spoken),), [], None, None, language=first.language)
    with tracing.engine(engine.model):
        for claimed in claim.readings():
            with suppress(Unfinished):
                return claimed, engine.handle(claimed, connection)
    return None


def note_failure(connection: psycopg.Connection[Any], conversation: str) -> None:
    """Counts a failed turn on the oldest waiting event."""
    with connection.transaction():
        connection.execute(
            "UPDATE inbox SET failures = failures + 1 WHERE id = ("
            "SELECT id FROM inbox WHERE conversation = %s AND done_at IS NULL ORDER BY id LIMIT 1)",
            (conversation,),
        )
