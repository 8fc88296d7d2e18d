"""Appends entries. An entry is written in the transaction of what it tells of: both happen, or neither."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import ipaddress
import json
import logging
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from assistant import identifiers
from assistant.audit.events import AuditError, Event
from assistant.audit.keys import Keys, Signing, opened

logger = logging.getLogger(__name__)
Details = Mapping[str, str | int | bool]
_LONGEST = 200
_COUNT = 10_000_000  # a larger number may be somebody's
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Runs of digits inside of these are no phone numbers.
_OPAQUE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[pm]_[a-z2-7]{16}|[0-9a-f]{32,64}")
#: The register's own id of a member; it is written as a pseudonym.
_MEMBER = "member"
#: The network address of a colleague's machine; its digits are no phone number.
_ADDRESS = "address"

INSERT = """
INSERT INTO audit (id, at, event, actor, subject, place, details, digest)
VALUES (%(id)s, %(at)s, %(event)s, %(actor)s, %(subject)s, %(place)s, %(details)s, %(digest)s)
"""


@dataclass(frozen=True)
class Person:
    """A citizen, named by their conversation; the trail keeps a pseudonym."""

    conversation: str


@dataclass(frozen=True)
class Staff:
    """Somebody who works here, by the name they sign in with."""

    name: str


@dataclass(frozen=True)
class System:
    """A part of the assistant that acts by itself ("retention", "mail")."""

    part: str


Actor = Person | Staff | System
Subject = str | Actor


@dataclass(frozen=True)
class Entry:
    """One entry as it stands in the trail."""

    id: uuid.UUID
    at: datetime.datetime
    event: str
    actor: str
    subject: str
    place: str
    details: dict[str, Any]

    def content(self) -> bytes:
        """Returns the bytes that its digest covers: every field, in one way of writing."""
        at = self.at.astimezone(datetime.UTC).isoformat(timespec="microseconds")
        fields = [str(self.id), at, self.event, self.actor, self.subject, self.place, self.details]
        return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def digest(self, signing: Signing) -> bytes:
        """Returns the proof that the assistant wrote the entry."""
        return hmac.digest(signing.entries, self.content(), hashlib.sha256)


def record(
    connection: psycopg.Connection[Any],
    event: Event,
    *,
    actor: Actor,
    where: str,
    subject: Subject = "",
    **details: str | int | bool,
) -> None:
    """Appends an entry in the caller's transaction.

    Args:
        connection: where the transaction runs.
        event: what happened.
        actor: who did it.
        where: channel, page or command ("zalo", "page:reset", "command:erase", "console:conversation").
        subject: the conversation of the person it is about, or a colleague; empty if it is about nobody.
        details: more about it; `member` is the register's id and is kept as a pseudonym.

    Raises:
        AuditError: if the entry says too little, or something the vocabulary does not have.
        AuditLocked: if this process has not opened the keys.
    """
    connection.execute(*statement(event, actor=actor, where=where, subject=subject, **details))


def statement(
    event: Event, *, actor: Actor, where: str, subject: Subject = "", **details: str | int | bool
) -> tuple[str, dict[str, Any]]:
    """Returns the SQL of `record` and its values, for a connection that is awaited or a pipeline."""
    if not isinstance(event, Event):
        raise AuditError(f"{event!r} is not in the vocabulary (assistant.audit.events)")
    if not where:
        raise AuditError("an entry says where")
    keys = opened()
    entry = Entry(
        id=uuid.uuid4(),
        at=datetime.datetime.now(datetime.UTC),
        event=event.value,
        actor=_who(actor, keys),
        subject=_who(Person(subject) if isinstance(subject, str) else subject, keys) if subject else "",
        place=where[:_LONGEST],
        details={name: _detail(event, name, value, keys) for name, value in details.items()},
    )
    return INSERT, vars(entry) | {"details": Jsonb(entry.details), "digest": entry.digest(keys.present)}


def _who(actor: Actor, keys: Keys) -> str:
    match actor:
        case Person(conversation) if conversation:
            return keys.person(conversation)
        case Staff(name) if name:
            return f"staff:{name[:_LONGEST]}"
        case System(part) if part:
            return f"system:{part[:_LONGEST]}"
    raise AuditError("an entry says who")


def _detail(event: Event, name: str, value: Any, keys: Keys) -> str | int | bool:
    if not _NAME.fullmatch(name):
        raise AuditError(f"{event}: {name!r} is no name of a detail")
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < _COUNT):
        return value
    if isinstance(value, int):
        value = str(value)
    if not isinstance(value, str):
        raise AuditError(f"{event}: {name} is {type(value).__name__}; text, whole numbers and yes or no are kept")
    if name == _ADDRESS and _is_address(value):
        return value
    return keys.member(value) if name == _MEMBER else _without_identifiers(event, name, value.replace("\0", ""))


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _without_identifiers(event: Event, name: str, value: str) -> str:
    """Returns a detail that names nobody. A wrong one is masked, not refused: what it tells of must go on."""
    if _OPAQUE.fullmatch(value):
        return value
    found = identifiers.find(value)
    for each in reversed(found):
        value = f"{value[: each.start]}⟦{each.kind}⟧{value[each.end :]}"
    if found:
        logger.error("audit %s: %s held %s; masked", event, name, ", ".join(sorted({each.kind for each in found})))
    return value[:_LONGEST]
