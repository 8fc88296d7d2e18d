"""`assistant erase`, `export`, `retention`: what is kept of people; `assistant vault`: the keys it is sealed with."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg
import typer

from assistant import database
from assistant.cli import account
from assistant.settings import Settings

vault_app = typer.Typer(no_args_is_help=True, help="The keys that personal data is sealed with (VAULT_KEYS)")


erased_app = typer.Typer(no_args_is_help=True, help="Who was erased, written down outside the database (ERASED_DIR)")


@erased_app.callback()
def _erased() -> None:
    """Keeps `again` a command of its own."""


@erased_app.command("again")
def erased_again() -> None:
    """Erases again whoever came back with an old copy of the database; nodes do this by themselves."""
    from assistant.privacy.erased_list import ErasedList

    settings = Settings()
    with opened(settings) as (connection, vault):
        typer.echo(json.dumps({"people": ErasedList(settings.erased_folder, vault).again(connection)}))


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[psycopg.Connection[Any], Any]]:
    """Gives a connection in autocommit, as the application's role, and the vault; the schema is brought up to date."""
    from assistant.privacy import keyring

    database.prepared(settings)
    vault = keyring.open_vault(settings)
    with database.connect(database.direct_url_of(settings), "assistant-command") as connection:
        connection.autocommit = True
        yield connection, vault


def reader(connection: psycopg.Connection[Any], settings: Settings) -> Any:
    """Returns who is signed in at this terminal and about to read a person's words, for the audit trail.

    Ends the command with a sentence where nobody is, or somebody who may not.
    """
    from assistant import audit
    from assistant.cli import desk_session
    from assistant.staff.model import StaffError

    try:
        return audit.Staff(desk_session.who(connection, settings, desk_session.READERS).name)
    except StaffError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _known(connection: psycopg.Connection[Any], conversation: str) -> None:
    from assistant.privacy import erasure

    if erasure.is_kept(connection, conversation):
        return
    typer.echo(f"nothing is kept of {conversation!r}; a conversation is named channel:user, e.g. zalo:123", err=True)
    raise typer.Exit(1)


def erase(conversation: str) -> None:
    """Erases what is kept of one conversation's person ("channel:user") and prints what went and what stays."""
    from assistant.privacy import erasure

    with opened(Settings()) as (connection, _):
        _known(connection, conversation)
        with connection.transaction():
            done = erasure.erase(connection, conversation, actor=account.actor(), where="command:erase")
    typer.echo(json.dumps({"removed": done.removed, "staying_a_day": done.staying}))


def export(conversation: str) -> None:
    """Prints all that is kept of one person ("channel:user") as JSON, to who signed in (assistant desk sign-in)."""
    from assistant.privacy import export as exporting

    settings = Settings()
    with opened(settings) as (connection, vault):
        who = reader(connection, settings)
        _known(connection, conversation)
        with connection.transaction():
            kept = exporting.export(connection, vault, conversation, actor=who, where="command:export")
    typer.echo(json.dumps(kept, ensure_ascii=False, indent=2, default=str))


def retention() -> None:
    """Removes what is past its time now, and with the owner's rights the beginning of the audit trail, too."""
    from assistant.privacy import retention as jobs

    settings = Settings()
    with opened(settings) as (connection, _):
        removed = dict(jobs.run(connection))
        with psycopg.connect(database.owner_url_of(settings), autocommit=True) as owner:
            if jobs.may_prune(owner):
                removed["audit"] = jobs.prune_audit(owner)
            else:
                typer.echo("the audit trail's beginning stays: that needs DATABASE_OWNER_URL", err=True)
    typer.echo(json.dumps(removed))


@vault_app.command("rotate")
def rotate() -> None:
    """Seals everything with the first of VAULT_KEYS; then the others can go. Exit code 1 if something stays behind."""
    from assistant.privacy import rotation

    with opened(Settings()) as (connection, vault):
        done = rotation.rotate(connection, vault, actor=account.actor(), where="command:vault rotate")
    typer.echo(json.dumps({"resealed": done.resealed, "already": done.current, "lost": done.lost}))
    if done.lost:
        typer.echo("lost: sealed with a key that is not in VAULT_KEYS; add it and run this again", err=True)
        raise typer.Exit(1)


@vault_app.command("renew")
def renew(
    minutes: Annotated[int, typer.Option(help="until the new key signs; start every node anew before", min=0)] = 60,
    leaked: Annotated[bool, typer.Option(help="from then on believe nothing that older keys signed")] = False,
) -> None:
    """Adds a key that signs cookies, forms' marks and the audit trail; what the present one signed stays good."""
    from assistant import audit
    from assistant.privacy import keyring

    with opened(Settings()) as (connection, vault), connection.transaction():
        root = keyring.renew(connection, vault, datetime.timedelta(minutes=minutes), leaked)
        audit.record(
            connection, audit.Event.KEYS_RENEWED, actor=account.actor(), where="command:vault renew", leaked=leaked,
            since=root.since.isoformat(),
        )  # fmt: skip
    typer.echo(f"signs from {root.since.isoformat()} on: start every node anew before (docs/deploy.md, Changing keys)")


@vault_app.command("key")
def key() -> None:
    """Prints a new key for VAULT_KEYS."""
    import base64
    import secrets

    typer.echo(base64.b64encode(secrets.token_bytes(32)).decode())


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for command in (erase, export, retention):
        app.command()(command)
    app.add_typer(vault_app, name="vault")
