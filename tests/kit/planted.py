"""A person whose words stand in every place where words of people are kept, so that no page can show them unseen."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant.privacy.vault import Vault

_DRAFT = """
INSERT INTO learning_drafts (id, staff, kind, name, text, turn_id, conversation)
VALUES (%s, %s, 'script', 'x', %s, %s, %s)
"""
_LEARNT = """
INSERT INTO learning_messages (turn_id, conversation, key, text, reason, at) VALUES (%s, %s, %s, %s, 'fallback', now())
"""
_ASKED = """
INSERT INTO questions (number, conversation, question, asked_at) VALUES (%s, %s, %s, now() - make_interval(hours => %s))
"""
_PRESENT = """
INSERT INTO desk_presence (agent) VALUES (%s) ON CONFLICT (agent) DO UPDATE SET seen_at = now()
"""
_LETTERS = str.maketrans("0123456789", "qwertyuiop")
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Planted:
    """What a page's address needs to lead to this person."""

    conversation: str
    words: str  # stand in everything that is kept of them, and nowhere else
    turn: int
    outbox: int
    question: str
    key: str
    draft: str
    release: int


def plant(connection: Connection, staff: str) -> Planted:
    """Writes somebody into every table that keeps words, so that lists show them before those planted earlier."""
    name = secrets.token_hex(6)
    conversation, words = (
        f"zalo:planted-{name}",
        f"chuyen rieng {name.translate(_LETTERS)}",
    )
    connection.execute("INSERT INTO conversations (id, channel, turns) VALUES (%s, 'zalo', 1)", (conversation,))
    inbox = _one(
        connection,
        "INSERT INTO inbox (channel, event_id, conversation, kind, body, done_at)"
        " VALUES ('zalo', %s, %s, 'text', %s, now()) RETURNING id",
        name, conversation, Jsonb({"text": words}),
    )  # fmt: skip
    turn = _one(
        connection,
        "INSERT INTO turns (conversation, inbox_id, intent, confidence, ranking, actions)"
        " VALUES (%s, %s, 'nlu_fallback', 0.2, '[]', '[]') RETURNING id",
        conversation, inbox,
    )  # fmt: skip
    outbox = _one(
        connection,
        "INSERT INTO outbox (conversation, inbox_id, body, state, error) VALUES (%s, %s, %s, 'dead', 'x') RETURNING id",
        conversation, inbox, Jsonb({"text": f"Bạn nói: {words}"}),
    )  # fmt: skip
    question = f"HD-{secrets.randbelow(900_000) + 100_000}"
    key = hashlib.sha256(words.encode()).digest()
    draft = uuid.uuid4()
    for query, values in (
        (_PRESENT, (staff,)),  # nobody waits where nobody is there
        ("INSERT INTO handovers (conversation, reason) VALUES (%s, 'asked')", (conversation,)),
        ("INSERT INTO desk_notes (conversation, agent, text) VALUES (%s, %s, %s)", (conversation, staff, words)),
        (_ASKED, (question, conversation, words, turn)),
        (_LEARNT, (turn, conversation, key, words)),
        (
            "INSERT INTO learning_groups (key, number, people, messages, last_at) VALUES (%s, %s, 9, 9, now())",
            (key, 1_000_000 + turn),
        ),
        (
            _DRAFT,
            (draft, staff, words, turn, conversation),
        ),
    ):
        connection.execute(query, values)
    release = _release(connection)
    connection.execute(
        "INSERT INTO release_shadow (release, turn_id, conversation, intent, confidence) VALUES (%s, %s, %s, 'x', 1)",
        (release, turn, conversation),
    )
    return Planted(conversation, words, turn, outbox, question, key.hex(), str(draft), release)


def plant_dead_letter(connection: Connection, vault: Vault, planted: Planted) -> int:
    """Keeps something they wrote aside as what cannot be stored; returns its number."""
    sealed = vault.seal(json.dumps({"text": planted.words}), f"dead letter {planted.key}")
    query = """
    INSERT INTO dead_letters (mark, channel, conversation, kind, reason, sealed)
    VALUES (%s, 'zalo', %s, 'text', 'x', %s) RETURNING id
    """
    return _one(connection, query, planted.key, planted.conversation, sealed)


def _release(connection: Connection) -> int:
    """Returns a release that reads along, made where there is none yet."""
    found = connection.execute("SELECT id FROM releases WHERE staff = 'planted'").fetchone()
    if found:
        return int(found[0])
    release = _one(
        connection,
        "INSERT INTO releases (state, staff, shown, shadow_from) VALUES ('ready', 'planted', 'x', now()) RETURNING id",
    )
    connection.execute("INSERT INTO release_archives (release, archive, signature) VALUES (%s, 'x', 'x')", (release,))
    return release


def _one(connection: Connection, query: str, *values: Any) -> int:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return int(row[0])
