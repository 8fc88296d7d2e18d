"""Compares what people sent, what the database holds and what the platform saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.faults.people import People
from bench.faults.platform import Seen

_TURNS = """
SELECT i.conversation, i.id, i.done_at IS NOT NULL, (SELECT count(*) FROM turns t WHERE t.inbox_id = i.id),
       EXISTS (SELECT 1 FROM turns t WHERE t.inbox_id = i.id AND t.intent = 'joined')
FROM inbox i WHERE i.kind <> 'system' ORDER BY i.id
"""
_REPLIES = """
SELECT conversation, inbox_id, state, maybe_twice, platform_id FROM outbox ORDER BY conversation, id
"""


@dataclass
class Verdict:
    """What was found; `broken` names every promise that was not kept."""

    accepted: int = 0
    replies: int = 0
    marked: int = 0  # replies sent again because an attempt's answer was lost
    twice: int = 0  # messages the platform saw beyond one a reply
    unnoted: int = 0  # of these, those whose answer arrived at a process that could not write it down
    broken: Counter[str] = field(default_factory=Counter)


def judge(connection: psycopg.Connection[Any], people: People, seen: Seen, disturbed: bool = False) -> Verdict:
    """Checks every promise against the rows and the platform's list.

    `disturbed`: processes were killed or cut off, so that they could not note every answer they heard.
    """
    verdict = Verdict(accepted=sum(people.accepted.values()))
    _judge_turns(connection, people, verdict)
    _judge_replies(connection, seen, verdict)
    # Heard by a process that was killed, or cut off from the database, before it could write that down.
    verdict.unnoted = max(0, verdict.twice - seen.unheard)
    if verdict.unnoted and not disturbed:
        verdict.broken["seen twice although the answer was heard"] += verdict.unnoted
    return verdict


def _judge_turns(connection: psycopg.Connection[Any], people: People, verdict: Verdict) -> None:
    events: Counter[str] = Counter()
    answered = {row[0] for row in connection.execute("SELECT DISTINCT inbox_id FROM outbox")}
    for conversation, inbox_id, done, turns, joined in connection.execute(_TURNS):
        events[conversation] += 1
        verdict.broken["accepted, not done"] += not done
        verdict.broken["done without a turn"] += done and turns == 0
        verdict.broken["run twice"] += turns > 1
        verdict.broken["without a reply"] += inbox_id not in answered and not joined
    for user, accepted in people.accepted.items():
        verdict.broken["acknowledged, not kept"] += max(0, accepted - events[f"zalo:{user}"])
        verdict.broken["kept more than once"] += max(0, events[f"zalo:{user}"] - accepted)
    verdict.broken = +verdict.broken


def _judge_replies(connection: psycopg.Connection[Any], seen: Seen, verdict: Verdict) -> None:
    replies: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for conversation, *row in connection.execute(_REPLIES):
        replies[conversation].append(tuple(row))
    for conversation, rows in replies.items():
        shown = seen.shown[conversation.partition(":")[2]]
        texts = dict(shown)
        last_event, last = 0, _Reply()
        for inbox_id, state, maybe_twice, platform_id in rows:
            verdict.replies += 1
            verdict.marked += maybe_twice
            verdict.broken["not sent"] += state != "sent"
            verdict.broken["not in the order of the questions"] += (inbox_id or last_event) < last_event
            last_event = inbox_id or last_event
            number = int((platform_id or "m0")[1:])
            verdict.broken["sent, but the platform never took it"] += state == "sent" and number not in texts
            verdict.broken["shown out of order"] += number <= last.number
            reply = _Reply(number, texts.get(number), maybe_twice)
            for attempt, text in shown:
                if last.number < attempt < number:
                    verdict.twice += 1
                    verdict.broken["doubled without a mark"] += not (last.may_be(text) or reply.may_be(text))
            last = reply
        for attempt, text in shown:
            if attempt > last.number:
                verdict.twice += 1
                verdict.broken["shown after the last reply"] += not last.may_be(text)
    verdict.broken = +verdict.broken


@dataclass(frozen=True)
class _Reply:
    """A reply whose attempts the platform may have taken several times.

    The number that is noted is that of any of them: of two processes that sent it (one had been stopped, or cut off)
    the slower one may have written last.
    """

    number: int = 0
    text: str | None = None
    marked: bool = False

    def may_be(self, text: str) -> bool:
        """Tells whether what was shown beside it is this reply once more."""
        return self.marked and text == self.text
