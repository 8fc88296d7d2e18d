"""A person with something in every table, for what erases, exports and removes."""

from __future__ import annotations

import uuid
from typing import Any

import psycopg

from assistant import audit
from assistant.identifiers import tokens
from assistant.privacy import consent, kept
from assistant.privacy.vault import Vault

Connection = psycopg.Connection[Any]
CODE = "7900000123"
MASKED = "n•••n@e•••.com"


def write_everything(connection: Connection, vault: Vault, person: str, age: str = "0 seconds") -> str:
    """Puts a row of `person`, as old as `age`, into every table with rows of people; returns the code's token."""
    token = tokens.token_for(vault.token_key, person, "bhxh_code", CODE)
    values = {
        "c": person, "token": token, "sealed": vault.seal(CODE, f"{person} {token}"), "age": age,
        "shown": MASKED, "number": f"HD-{abs(hash(person + age)) % 900_000 + 100_000}",
    }  # fmt: skip

    def do(statement: str) -> Any:
        row = connection.execute(statement, values)
        return row.fetchone()[0] if row.description else None  # type: ignore[index]

    do(
        "INSERT INTO conversations (id, channel, updated_at, tracker) VALUES (%(c)s, 'web', now() - %(age)s::interval,"
        " '[]') ON CONFLICT DO NOTHING"
    )
    inbox = do(
        "INSERT INTO inbox (channel, event_id, conversation, kind, body, accepted_at, done_at)"
        " VALUES ('web', gen_random_uuid()::text, %(c)s, 'text', jsonb_build_object('text', 'mã ' || %(token)s),"
        " now() - %(age)s::interval, now()) RETURNING id"
    )
    values["inbox"] = inbox
    turn = do(
        "INSERT INTO turns (conversation, inbox_id, reading) VALUES (%(c)s, %(inbox)s,"
        " jsonb_build_object('topic', 'mail_sent', 'facts', jsonb_build_array('no_phone'))) RETURNING id"
    )
    values["turn"] = turn
    do(
        "INSERT INTO outbox (conversation, inbox_id, body, state, created_at)"
        " VALUES (%(c)s, %(inbox)s, jsonb_build_object('text', 'chào ' || %(token)s), 'sent',"
        " now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO vault VALUES (%(c)s, %(token)s, %(sealed)s, now() + interval '1 day' - %(age)s::interval)"
        " ON CONFLICT DO NOTHING"
    )
    do("INSERT INTO web_sessions VALUES (%(c)s, 1, true, now() - %(age)s::interval) ON CONFLICT DO NOTHING")
    do("INSERT INTO attempts (person, event, at) VALUES (%(c)s, 'e', now() - %(age)s::interval)")
    reset = do(
        "INSERT INTO resets (id, member_ref, person, event, masked_code, started_at, expires_at, masked_email) VALUES"
        " (gen_random_uuid(), 'm', %(c)s, gen_random_uuid()::text, '•••', now() - %(age)s::interval, now(), %(shown)s)"
        " RETURNING id"
    )
    values["reset"] = reset
    do("INSERT INTO reset_links VALUES (sha256(gen_random_uuid()::text::bytea), %(reset)s, now() - %(age)s::interval)")
    do(
        "INSERT INTO mail (kind, reset_id, state, created_at)"
        " VALUES ('reset_link', %(reset)s, 'sent', now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO handovers (conversation, state, reason, asked_at, closed_at)"
        " VALUES (%(c)s, 'closed', 'asked', now() - %(age)s::interval, now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO questions (number, conversation, question, asked_at)"
        " VALUES (%(number)s, %(c)s, 'hỏi ' || %(token)s, now() - %(age)s::interval)"
    )
    do("INSERT INTO desk_notes (conversation, agent, text, at) VALUES (%(c)s, 'lan', 'x', now() - %(age)s::interval)")
    do(
        "INSERT INTO conversation_tags (conversation, tag, tagged_by, at)"
        " VALUES (%(c)s, gen_random_uuid()::text, 'lan', now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO desk_held (conversation, agent, text, at, due_at)"
        " VALUES (%(c)s, 'lan', 'x', now() - %(age)s::interval, now() + interval '1 hour')"
    )
    do(
        "INSERT INTO desk_typing (conversation, side, at) VALUES (%(c)s, 'person', now() - %(age)s::interval)"
        " ON CONFLICT DO NOTHING"
    )
    values["place"] = f"HD{uuid.uuid4().hex[:8]}"
    values["written"] = vault.seal("{}", f"draft lan {person} {values['place']}")
    do(
        "INSERT INTO desk_drafts (conversation, agent, place, sealed, at)"
        " VALUES (%(c)s, 'lan', %(place)s, %(written)s, now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO declarations (hash, conversation, kind, made_at, expires_at) VALUES"
        " (sha256(gen_random_uuid()::text::bytea), %(c)s, 'tk1_ts', now(),"
        " now() + interval '1 day' - %(age)s::interval)"
    )
    do("INSERT INTO reset_codes VALUES (%(reset)s, 'x', now() - %(age)s::interval, now())")
    do(
        "INSERT INTO phone_callbacks (id, conversation, reset_id, due_at, made_at, state)"
        " VALUES (gen_random_uuid(), %(c)s, %(reset)s, now(), now() - %(age)s::interval, 'done')"
    )
    do(
        "INSERT INTO phone_calls (conversation, direction, began_at, ended_at)"
        " VALUES (%(c)s, 'in', now() - %(age)s::interval, now()) ON CONFLICT DO NOTHING"
    )
    do("INSERT INTO sms_numbers VALUES (%(c)s, '\\x00', now() - %(age)s::interval) ON CONFLICT DO NOTHING")
    do(
        "INSERT INTO learning_messages (turn_id, conversation, key, text, reason, at)"
        " VALUES (%(turn)s, %(c)s, sha256('x'), 'x', 'fallback', now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO learning_drafts (id, staff, kind, name, text, turn_id, conversation, at)"
        " VALUES (gen_random_uuid(), 'lan', 'script', 'x', 'x', %(turn)s, %(c)s, now() - %(age)s::interval)"
    )
    values["draft"] = f"new-{uuid.uuid4().hex[:16]}"
    values["begun"] = vault.seal("{}", f"draft lan {values['draft']}")
    do(
        "INSERT INTO content_drafts (staff, key, sealed, people, version, at)"
        " VALUES ('lan', %(draft)s, %(begun)s, ARRAY[%(c)s::text], '', now() - %(age)s::interval)"
    )
    do(
        "INSERT INTO ratings (outbox_id, conversation, good, at)"
        " SELECT max(id), %(c)s, true, now() - %(age)s::interval FROM outbox WHERE conversation = %(c)s"
    )
    values["release"] = do("INSERT INTO releases (state, staff, shown) VALUES ('ready', 'lan', 'Lan') RETURNING id")
    do(
        "INSERT INTO release_shadow (release, turn_id, conversation, intent, confidence, at)"
        " VALUES (%(release)s, %(turn)s, %(c)s, 'x', 0.5, now() - %(age)s::interval)"
    )
    values["mark"] = uuid.uuid4().hex
    values["letter"] = vault.seal("{}", f"dead letter {values['mark']}")
    do(
        "INSERT INTO dead_letters (mark, channel, conversation, kind, reason, sealed, at, settled_at) VALUES"
        " (%(mark)s, 'web', %(c)s, 'text', '22P05', %(letter)s, now() - %(age)s::interval, now())"
    )
    consent.tell(connection, person, consent.Notice("giữ 24 giờ"))
    audit.record(connection, audit.Event.RESET_STARTED, actor=audit.Person(person), subject=person, where="web")
    missing = [rows.table for rows in kept.of_a_person() if not count(connection, rows, person)]
    assert not missing, f"write a row of {missing} here"
    return token


def count(connection: Connection, rows: kept.Rows, person: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {rows.table} WHERE {rows.person}", {"person": person}).fetchone()
    return int(found[0]) if found else 0


def kept_of(connection: Connection, person: str) -> dict[str, int]:
    """Returns how many rows of a person each table has, without those that have none."""
    return {rows.table: found for rows in kept.of_a_person() if (found := count(connection, rows, person))}
