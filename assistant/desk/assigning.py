"""Offers whoever waits to an agent whose turn it is. Everybody still sees and may take them: nobody waits for one only.

An offer that is not taken goes on to the next agent after a while; to whoever gave the person up, last of all.
"""

from __future__ import annotations

import datetime
from typing import Any

import psycopg

from assistant.desk import holding, ways
from assistant.desk.handover import Desk
from assistant.messages import wakeups

Connection = psycopg.Connection[Any]
#: How long somebody is offered to one agent.
PATIENCE = datetime.timedelta(seconds=60)
_WAITING = """
SELECT id, conversation, coalesce(offered_to, ''), coalesce(was_with, '') FROM handovers
WHERE state = 'waiting' AND (offered_at IS NULL OR offered_at < now() - %(patience)s
    OR NOT EXISTS (SELECT 1 FROM desk_presence p WHERE p.agent = offered_to))
ORDER BY coalesce(returned_at, asked_at) FOR UPDATE SKIP LOCKED
"""
# Who is there, how many each has or is offered, and when each was last given somebody.
_AGENTS = f"""
SELECT p.agent,
       (SELECT count(*) FROM handovers h WHERE h.state = 'with_person' AND h.agent = p.agent AND h.until IS NULL
           OR h.state = 'waiting' AND h.offered_to = p.agent AND h.offered_at > now() - %(patience)s) AS busy,
       (SELECT extract(epoch FROM max(greatest(h.taken_at, h.offered_at))) FROM handovers h
        WHERE (h.agent = p.agent OR h.offered_to = p.agent) AND h.asked_at > now() - interval '1 day') AS last
FROM desk_presence p JOIN staff f ON f.name = p.agent
WHERE f.disabled_at IS NULL AND 'agent' = ANY (f.roles) AND {holding.IS_THERE}
"""
_TOPIC = """
SELECT t.intent FROM turns t WHERE t.conversation = %s AND (t.intent LIKE 'faq/%%' OR t.intent LIKE 'subject/%%')
ORDER BY t.id DESC LIMIT 1
"""


def offer(connection: Connection, desk: Desk) -> int:
    """Offers whoever is offered to nobody, or too long to somebody; returns how many."""
    rules = ways.current(connection)
    if rules.assignment == "off":
        return 0
    told = holding.values(desk, desk.absent) | {"patience": PATIENCE}
    waiting = connection.execute(_WAITING, told).fetchall()
    offered = 0
    for number, conversation, before, was_with in waiting:
        agents = {name: (busy, last or 0.0) for name, busy, last in connection.execute(_AGENTS, told).fetchall()}
        free = [name for name, (busy, _) in agents.items() if busy < rules.most and name != before]
        chosen = _choose(connection, rules, conversation, [name for name in free if name != was_with] or free, agents)
        if chosen:
            connection.execute(
                "UPDATE handovers SET offered_to = %s, offered_at = now() WHERE id = %s", (chosen, number)
            )
            offered += 1
    if offered:
        wakeups.tell(connection, holding.EVERY_DESK)
    return offered


def _choose(
    connection: Connection,
    rules: ways.Ways,
    conversation: str,
    free: list[str],
    agents: dict[str, tuple[int, float]],
) -> str | None:
    if rules.assignment == "topic":
        row = connection.execute(_TOPIC, (conversation,)).fetchone()
        know = [name for name in free if row and row[0] in rules.topics.get(name, ())]
        free = know or free
    if rules.assignment == "round_robin":
        return min(free, key=lambda name: (agents[name][1], name), default=None)
    return min(free, key=lambda name: (*agents[name], name), default=None)
