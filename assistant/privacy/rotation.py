"""Seals with the newest of VAULT_KEYS what older keys sealed, so that those can go."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psycopg

from assistant import audit
from assistant.privacy.kept import SEALED, Sealed
from assistant.privacy.vault import Vault, VaultError

_BATCH = 200


@dataclass
class Rotated:
    """Values sealed anew, values that were already, and values that no key opens, by table and column."""

    resealed: Counter[str] = field(default_factory=Counter)
    current: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)


def rotate(connection: psycopg.Connection[Any], vault: Vault, *, actor: audit.Actor, where: str) -> Rotated:
    """Seals everything with the newest key; returns what was done.

    Nodes go on meanwhile: a value that changes under it is left to them, they seal with the newest key too.

    Args:
        connection: in autocommit.
        vault: with all keys that are in use, the newest first.
        actor: who does it, for the audit trail.
        where: the command, likewise.
    """
    done = Rotated()
    for sealed in SEALED:
        _column(connection, vault, sealed, done)
    audit.record(
        connection, audit.Event.VAULT_ROTATED, actor=actor, where=where,
        resealed=sum(done.resealed.values()), lost=sum(done.lost.values()),
    )  # fmt: skip
    return done


def _column(connection: psycopg.Connection[Any], vault: Vault, sealed: Sealed, done: Rotated) -> None:
    name = f"{sealed.table}.{sealed.column}"
    key = ", ".join(sealed.key)
    update = (
        f"UPDATE {sealed.table} SET {sealed.column} = %s"
        f" WHERE ({key}) = ({', '.join(['%s'] * len(sealed.key))}) AND {sealed.column} = %s"
    )
    select = f"SELECT {sealed.column}, {sealed.bound_to}, {key} FROM {sealed.table} WHERE {sealed.column} IS NOT NULL"
    with connection.cursor("rotate", withhold=True) as cursor:
        cursor.execute(select)
        while rows := cursor.fetchmany(_BATCH):
            for value, bound_to, *names in rows:
                try:
                    fresh = vault.resealed(value, bound_to)
                except VaultError:
                    done.lost[name] += 1
                    continue
                if fresh is None:
                    done.current[name] += 1
                else:
                    done.resealed[name] += connection.execute(update, [fresh, *names, value]).rowcount
