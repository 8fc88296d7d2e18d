"""What people ask and how it goes, counted by day: no person, no text, so the counts may be kept for years.

A day is counted anew each minute or so until it is over, in one transaction; the pages read the counts.
"""

from __future__ import annotations

import asyncio
import datetime
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from assistant.runtime.times import VIETNAM

SECONDS = 60.0  # between two countings
#: A reset ends at most an hour after it was started, and a day's last ones after midnight.
_LATE = datetime.timedelta(hours=2)
_MOST_DAYS = 95  # older messages are removed (assistant.privacy.retention)
Connection = psycopg.Connection[Any]

_ZONE = "Asia/Ho_Chi_Minh"
_FIRST_WORDS = """
SELECT o.agent, o.created_at FROM outbox o
WHERE o.conversation = h.conversation AND o.sender = 'agent' AND o.agent IS NOT NULL AND o.created_at >= h.asked_at
  AND o.created_at <= coalesce(h.closed_at, 'infinity') ORDER BY o.created_at, o.id LIMIT 1"""
# What an agent answered while they had the chat, each with when the person had begun to wait for it.
_ANSWERS = """
SELECT h.conversation, o.agent, o.created_at AS at, (
    SELECT min(i.accepted_at) FROM inbox i
    WHERE i.conversation = h.conversation AND i.kind <> 'system' AND i.accepted_at < o.created_at
      AND i.accepted_at > greatest(h.taken_at, (SELECT max(p.created_at) FROM outbox p WHERE p.sender = 'agent'
                                                AND p.conversation = h.conversation AND p.id < o.id))) AS since
FROM handovers h JOIN outbox o ON o.conversation = h.conversation AND o.sender = 'agent' AND o.agent IS NOT NULL
     AND o.created_at >= h.taken_at AND o.created_at <= coalesce(h.closed_at, 'infinity')
WHERE {h.asked_at}"""
# Each yields channel, name, hour, count between %(since)s and %(until)s.
_MEASURES = {
    "messages": """
        SELECT split_part(conversation, ':', 1), '', extract(hour FROM accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh'),
               count(*)
        FROM inbox WHERE kind <> 'system' AND {accepted_at} GROUP BY 1, 3""",
    "people": """
        SELECT split_part(conversation, ':', 1), '', -1, count(DISTINCT conversation)
        FROM inbox WHERE kind <> 'system' AND {accepted_at} GROUP BY 1""",
    "alone": """
        SELECT split_part(i.conversation, ':', 1), '', -1, count(DISTINCT i.conversation)
        FROM inbox i WHERE i.kind <> 'system' AND {i.accepted_at}
          AND NOT EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = i.conversation AND {h.asked_at})
        GROUP BY 1""",
    # How each person's day ended; the first that fits says it.
    "outcome": """
        WITH said AS (
            SELECT conversation, id, intent, coalesce(reading->>'facet', '') || coalesce(reading->>'step', '') AS side
            FROM turns WHERE intent IS NOT NULL AND intent NOT IN ('with_person', 'joined') AND {at}
        ), asked_again AS (
            SELECT DISTINCT conversation FROM said WHERE intent LIKE 'faq/%%' OR intent LIKE 'subject/%%'
            GROUP BY conversation, intent, side HAVING count(*) > 1
        ), each AS (
            SELECT conversation, (array_agg(intent ORDER BY id DESC))[1] = 'nlu_fallback'
                       OR count(*) FILTER (WHERE intent = 'nlu_fallback') > 1 AS missed,
                   bool_or(intent = 'ask_human') AS human, bool_or(intent = 'complain') AS complained,
                   bool_and(intent IN ('greet', 'goodbye', 'thank', 'affirm', 'deny', 'nod', 'ask_bot', 'cancel',
                                       'sent_marks', 'sent_nothing', 'sent_media')) AS small_talk
            FROM said GROUP BY conversation
        )
        SELECT split_part(e.conversation, ':', 1), CASE
                 WHEN e.human OR EXISTS (SELECT 1 FROM handovers h WHERE h.conversation = e.conversation
                                         AND {h.asked_at}) THEN 'person'
                 WHEN EXISTS (SELECT 1 FROM resets r WHERE r.person = e.conversation AND r.used_at IS NOT NULL
                              AND {r.started_at}) THEN 'reset_done'
                 WHEN e.missed THEN 'not_understood'
                 WHEN e.complained
                   OR EXISTS (SELECT 1 FROM ratings g WHERE g.conversation = e.conversation AND NOT g.good AND {g.at})
                   OR EXISTS (SELECT 1 FROM learning_messages l WHERE l.conversation = e.conversation
                              AND l.reason = 'objected' AND {l.at}) THEN 'objected'
                 WHEN EXISTS (SELECT 1 FROM asked_again a WHERE a.conversation = e.conversation) THEN 'repeated'
                 WHEN EXISTS (SELECT 1 FROM resets r WHERE r.person = e.conversation AND {r.started_at})
                   THEN 'reset_open'
                 WHEN e.small_talk THEN 'small_talk'
                 ELSE 'answered' END, -1, count(*)
        FROM each e GROUP BY 1, 2""",
    # From the wish to speak with somebody to their first words, by who it was and the hour of the wish.
    "desk_answers": f"""
        SELECT split_part(h.conversation, ':', 1), f.agent, extract(hour FROM h.asked_at AT TIME ZONE '{_ZONE}'),
               count(*)
        FROM handovers h, LATERAL ({_FIRST_WORDS}) f WHERE {{h.asked_at}} GROUP BY 1, 2, 3""",
    "desk_seconds": f"""
        SELECT split_part(h.conversation, ':', 1), f.agent, extract(hour FROM h.asked_at AT TIME ZONE '{_ZONE}'),
               sum(extract(epoch FROM f.created_at - h.asked_at))::bigint
        FROM handovers h, LATERAL ({_FIRST_WORDS}) f WHERE {{h.asked_at}} GROUP BY 1, 2, 3""",
    # From what the person wrote in the chat to the agent's next words, by who it was and the hour.
    "desk_replies": f"""
        SELECT split_part(conversation, ':', 1), agent, extract(hour FROM since AT TIME ZONE '{_ZONE}'), count(*)
        FROM ({_ANSWERS}) a WHERE since IS NOT NULL GROUP BY 1, 2, 3""",
    "desk_reply_seconds": f"""
        SELECT split_part(conversation, ':', 1), agent, extract(hour FROM since AT TIME ZONE '{_ZONE}'),
               sum(extract(epoch FROM at - since))::bigint
        FROM ({_ANSWERS}) a WHERE since IS NOT NULL GROUP BY 1, 2, 3""",
    "tag": """
        SELECT split_part(conversation, ':', 1), tag, -1, count(*) FROM conversation_tags WHERE {at} GROUP BY 1, 2""",
    # Of the conversation as it is when the day is counted; nobody has said: Vietnamese.
    "language": """
        SELECT split_part(i.conversation, ':', 1), coalesce(c.language, 'vi'), -1, count(DISTINCT i.conversation)
        FROM inbox i JOIN conversations c ON c.id = i.conversation
        WHERE i.kind <> 'system' AND {i.accepted_at} GROUP BY 1, 2""",
    "intent": """
        SELECT split_part(conversation, ':', 1), intent, -1, count(*)
        FROM turns WHERE intent IS NOT NULL AND intent NOT IN ('with_person', 'joined') AND {at} GROUP BY 1, 2""",
    "handover": """
        SELECT split_part(conversation, ':', 1), reason, -1, count(*) FROM handovers WHERE {asked_at} GROUP BY 1, 2""",
    "handover_end": """
        SELECT split_part(conversation, ':', 1), outcome, -1, count(*) FROM handovers
        WHERE outcome IS NOT NULL AND {closed_at} GROUP BY 1, 2""",
    "reset_asked": """
        SELECT split_part(conversation, ':', 1), '', -1, count(DISTINCT conversation)
        FROM turns WHERE intent = 'reset_password' AND {at} GROUP BY 1""",
    "reset_outcome": """
        SELECT place, event, -1, count(*) FROM audit WHERE event LIKE 'reset.%%' AND event <> 'reset.completed'
          AND event NOT LIKE 'reset.breaker%%' AND event <> 'reset.owner_told' AND {at} GROUP BY 1, 2""",
    "reset_started": """
        SELECT split_part(person, ':', 1), '', -1, count(*) FROM resets WHERE {started_at} GROUP BY 1""",
    "reset_mailed": """
        SELECT split_part(r.person, ':', 1), '', -1, count(DISTINCT r.id) FROM resets r JOIN mail m ON m.reset_id = r.id
        WHERE m.kind = 'reset_link' AND m.state = 'sent' AND {r.started_at} GROUP BY 1""",
    "reset_done": """
        SELECT split_part(person, ':', 1), '', -1, count(*) FROM resets
        WHERE used_at IS NOT NULL AND {started_at} GROUP BY 1""",
    "route": """
        SELECT split_part(t.conversation, ':', 1), a.name, -1, count(*)
        FROM turns t, LATERAL jsonb_array_elements_text(t.actions) a (name)
        WHERE a.name = ANY (%(routes)s) AND {t.at} GROUP BY 1, 2""",
    "declaration": """
        SELECT split_part(conversation, ':', 1), kind, -1, count(*) FROM declarations
        WHERE sent_at IS NOT NULL AND {made_at} GROUP BY 1, 2""",
    "question": """
        SELECT split_part(conversation, ':', 1), CASE WHEN answered_at IS NULL THEN 'open' ELSE 'answered' END, -1,
               count(*)
        FROM questions WHERE {asked_at} GROUP BY 1, 2""",
    # Where a call was left by the caller, or what came of it.
    "call": """
        SELECT split_part(conversation, ':', 1),
               CASE WHEN ended_by = 'caller' AND state ->> 'node' NOT IN ('end', 'person')
                    THEN 'left ' || coalesce(nullif(state ->> 'node', ''), 'menu')
                    ELSE coalesce(nullif(state ->> 'result', ''), 'none') END,
               -1, count(*)
        FROM phone_calls WHERE direction = 'in' AND ended_at IS NOT NULL AND {began_at} GROUP BY 1, 2""",
    "call_length": """
        SELECT split_part(conversation, ':', 1),
               CASE WHEN seconds < 30 THEN '30' WHEN seconds < 60 THEN '60' WHEN seconds < 120 THEN '120'
                    ELSE 'more' END,
               -1, count(*)
        FROM phone_calls WHERE seconds IS NOT NULL AND {began_at} GROUP BY 1, 2""",
    "rating": """
        SELECT split_part(conversation, ':', 1), CASE WHEN good THEN 'good' ELSE 'bad' END, -1, count(*)
        FROM ratings WHERE {at} GROUP BY 1, 2""",
}
#: What a person thinks of a message of the assistant's: good, message, conversation. Their last word counts.
RATE = """
INSERT INTO ratings (outbox_id, conversation, good)
SELECT id, conversation, %s FROM outbox WHERE id = %s AND conversation = %s AND sender = 'bot'
ON CONFLICT (outbox_id) DO UPDATE SET good = excluded.good, at = now()
"""
_COUNTED = "SELECT day, counted_at FROM insight_days WHERE day >= %s"
_FIRST = "SELECT min(accepted_at) FROM inbox"
_KEPT = """
SELECT day, hour, channel, measure, name, count FROM insight
WHERE day >= %s AND day <= %s AND (%s = '' OR channel = %s)
"""
# Added up by the database: day and channel count for messages and people only.
_SUMMED = """
WITH kept AS (SELECT * FROM insight WHERE day >= %(since)s AND day <= %(until)s
              AND (%(channel)s = '' OR channel = %(channel)s))
SELECT day, -1, channel, measure, '', sum(count)::bigint FROM kept
WHERE measure IN ('messages', 'people') GROUP BY day, channel, measure
UNION ALL
SELECT NULL, hour, '', 'hour', '', sum(count)::bigint FROM kept WHERE measure = 'messages' GROUP BY hour
UNION ALL
SELECT NULL, -1, '', measure, name, sum(count)::bigint FROM kept
WHERE measure NOT IN ('messages', 'people') GROUP BY measure, name
"""
_WAITS = """
SELECT {by}, sum(count) FILTER (WHERE measure = 'desk_answers')::bigint,
       sum(count) FILTER (WHERE measure = 'desk_seconds')::bigint,
       sum(count) FILTER (WHERE measure = 'desk_replies')::bigint,
       sum(count) FILTER (WHERE measure = 'desk_reply_seconds')::bigint
FROM insight i LEFT JOIN staff f ON f.name = i.name
WHERE measure IN ('desk_answers', 'desk_seconds', 'desk_replies', 'desk_reply_seconds')
  AND day >= %s AND day <= %s AND (%s = '' OR channel = %s)
GROUP BY 1 ORDER BY 1
"""


def _bounded(query: str) -> str:
    """Returns a query with its {column} places turned into the bounds of a day."""
    pieces = query.split("{")
    bounded = [pieces[0]]
    for piece in pieces[1:]:
        column, _, rest = piece.partition("}")
        bounded.append(f"{column} >= %(since)s AND {column} < %(until)s{rest}")
    return "".join(bounded)


def day_of(at: datetime.datetime) -> datetime.date:
    """Returns the day in Vietnam."""
    return at.astimezone(VIETNAM).date()


def count_day(connection: Connection, day: datetime.date, routes: Iterable[str]) -> None:
    """Counts one day anew, in the caller's transaction."""
    since = datetime.datetime.combine(day, datetime.time(), VIETNAM)
    values = {"since": since, "until": since + datetime.timedelta(days=1), "routes": list(routes)}
    connection.execute("DELETE FROM insight WHERE day = %s", (day,))
    for measure, query in _MEASURES.items():
        connection.execute(
            f"INSERT INTO insight (day, measure, channel, name, hour, count)"
            f" SELECT %(day)s, %(measure)s, q.* FROM ({_bounded(query)}) q",
            values | {"day": day, "measure": measure},
        )
    connection.execute(
        "INSERT INTO insight_days (day, counted_at) VALUES (%s, now())"
        " ON CONFLICT (day) DO UPDATE SET counted_at = excluded.counted_at",
        (day,),
    )


def count(connect: Callable[[], Connection], routes: Iterable[str], now: datetime.datetime) -> list[datetime.date]:
    """Counts every day that is not over, or was last counted before it was; returns those days."""
    routes = list(routes)
    with connect() as connection:
        first = (connection.execute(_FIRST).fetchone() or (None,))[0]
        today = day_of(now)
        begin = max(day_of(first) if first else today, today - datetime.timedelta(days=_MOST_DAYS))
        counted = dict(connection.execute(_COUNTED, (begin,)).fetchall())
        days = [begin + datetime.timedelta(days=number) for number in range((today - begin).days + 1)]
        due = [day for day in days if day not in counted or counted[day] < _over(day)]
        for day in due:
            count_day(connection, day, routes)
            connection.commit()
    return due


def _over(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), VIETNAM) + _LATE


class Counting:
    """Counts again and again; never more than a fiftieth of the time, however much there is to count."""

    def __init__(self, connect: Callable[[], Connection], routes: Iterable[str]) -> None:
        self._connect = connect
        self._routes = list(routes)
        self._next = 0.0

    async def run(self) -> None:
        """Counts what is due, unless the last counting took long and was a moment ago."""
        started = time.monotonic()
        if started < self._next:
            return
        await asyncio.to_thread(count, self._connect, self._routes, datetime.datetime.now(datetime.UTC))
        now = time.monotonic()
        self._next = now + 50 * (now - started)


@dataclass
class Insight:
    """The counts of some days."""

    totals: Counter[str] = field(default_factory=Counter)  # measure → count
    parts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # measure → name
    days: defaultdict[str, Counter[datetime.date]] = field(default_factory=lambda: defaultdict(Counter))
    channels: defaultdict[str, defaultdict[datetime.date, Counter[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Counter))
    )
    hours: Counter[int] = field(default_factory=Counter)

    def share(self, part: float, whole: float) -> float | None:
        """Returns a share between 0 and 1, None of nothing."""
        return part / whole if whole else None

    @property
    def contained(self) -> float | None:
        """The share of people, day by day, who needed nobody at the desk."""
        return self.share(self.totals["alone"], self.totals["people"])

    @property
    def handled(self) -> float | None:
        """The share of people, day by day, whose matter the assistant settled, of all who had one."""
        ended = self.parts["outcome"]
        return self.share(ended["answered"] + ended["reset_done"], ended.total() - ended["small_talk"])

    @property
    def not_understood(self) -> float | None:
        """The share of turns in which nothing was understood."""
        return self.share(self.parts["intent"]["nlu_fallback"], self.totals["intent"])

    @property
    def english(self) -> float | None:
        """The share of people, day by day, who were answered in English."""
        return self.share(self.parts["language"]["en"], self.totals["language"])

    @property
    def satisfied(self) -> float | None:
        """The share of thumbs that point up."""
        return self.share(self.parts["rating"]["good"], self.totals["rating"])


def read(connection: Connection, since: datetime.date, until: datetime.date, channel: str = "") -> Insight:
    """Returns the counts of the days from `since` to `until`, of one channel or all."""
    found = Insight()
    values = {"since": since, "until": until, "channel": channel}
    for day, hour, of, measure, name, number in connection.execute(_SUMMED, values):
        if hour >= 0:
            found.hours[hour] = number
            continue
        found.totals[measure] += number
        found.parts[measure][name] += number
        if day:
            found.days[measure][day] += number
            found.channels[measure][day][of] += number
    return found


@dataclass(frozen=True)
class Wait:
    """How often people got to somebody, and the seconds that they waited on average: for the first words, and later.

    None: there was nothing to wait for.
    """

    of: str
    answers: int
    seconds: float | None
    replies: int
    reply_seconds: float | None


def waits(
    connection: Connection, since: datetime.date, until: datetime.date, channel: str = "", by_hour: bool = False
) -> list[Wait]:
    """Returns how long people waited for somebody's words: by colleague, or by the hour in which they began to."""
    by = "hour" if by_hour else "coalesce(f.shown, i.name)"
    found = connection.execute(_WAITS.format(by=by), (since, until, channel, channel))
    return [
        Wait(str(of), first or 0, first_seconds / first if first else None, later or 0,
             later_seconds / later if later else None)
        for of, first, first_seconds, later, later_seconds in found
        if first or later
    ]  # fmt: skip


def rows(connection: Connection, since: datetime.date, until: datetime.date, channel: str = "") -> list[Any]:
    """Returns the counts as rows, for a table program."""
    return connection.execute(f"{_KEPT} ORDER BY 1, 4, 3, 5, 2", (since, until, channel, channel)).fetchall()
