"""`assistant mail …`: letters that came back, and a test letter."""

from __future__ import annotations

import json
import secrets
import sys
from typing import Annotated, Literal

import typer

from assistant.settings import ROOT, Settings

app = typer.Typer(no_args_is_help=True, help="Mail: what waits, what came back, a test letter")
_LIST = """
SELECT id, kind, state, attempts, maybe_twice, error, created_at, next_try_at FROM mail WHERE state = %s
ORDER BY id LIMIT %s
"""
_HURRY = "UPDATE mail SET next_try_at = now() WHERE state = 'waiting' AND next_try_at > now()"
#: What a mail server takes for "not now, keep it and try again" (sysexits.h).
_TEMPORARY = 75


@app.command("list")
def show(state: Annotated[Literal["waiting", "dead"], typer.Option()] = "waiting", most: int = 100) -> None:
    """Lists letters as JSON lines, oldest first; nobody's address is shown."""
    from psycopg.rows import dict_row

    from assistant import database

    with (
        database.connect(database.url_of(Settings()), "assistant-mail") as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        for row in cursor.execute(_LIST, (state, most)):
            typer.echo(json.dumps(row, ensure_ascii=False, default=str))


@app.command()
def hurry() -> None:
    """Has letters that wait for a later try sent at once, when the mail server is mended; prints how many."""
    from assistant import database

    with database.connect(database.url_of(Settings()), "assistant-mail") as connection:
        typer.echo(connection.execute(_HURRY).rowcount)


@app.command()
def bounce(
    recipient: Annotated[str, typer.Option(help="whom the mail server says the letter is for")] = "",
) -> None:
    """Reads a letter that came back from standard input, as a mail server's pipe gives it; prints what it was.

    Exit code 0 also for forgeries and letters that are no report, so that nothing is ever sent in reply; 75 while
    the database is away, so that the mail server keeps the letter and tries again.
    """
    import psycopg

    from assistant import database
    from assistant.app import mailing
    from assistant.mail.return_path import LARGEST
    from assistant.privacy import keyring

    settings = Settings()
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        vault = keyring.open_vault(settings)
        url = database.as_app(database.url_of(settings))
        office = mailing.bounces(settings, lambda: database.connect(url, "assistant-bounce"), vault)
        typer.echo(office.take(raw, recipient))
    except psycopg.Error as error:
        typer.echo(f"database: {type(error).__name__}", err=True)
        raise typer.Exit(_TEMPORARY) from None


@app.command()
def test(address: Annotated[str, typer.Argument(help="an address of your own")]) -> None:
    """Sends one letter with this server's settings, the link leading nowhere; says why if it was not taken."""
    from assistant.app import mailing
    from assistant.mail.letters import Letters
    from assistant.mail.smtp import MailError

    settings = Settings()
    url = settings.smtp_url.get_secret_value()
    letter = Letters(ROOT / "data/mail").write(
        "reset_link", f"{settings.base_url}/", masked_code="•••••••000", lives="1 giờ", at=""
    )
    try:
        mailing.mailer(settings, url).send(address, letter, secrets.token_hex(16))
    except MailError as error:
        typer.echo(f"not taken: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("taken by the mail server; now look at its headers (docs/mail.md)")
