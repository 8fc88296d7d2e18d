"""`assistant mail …`: letters that came back, and a test letter."""

from __future__ import annotations

import secrets
import sys
from typing import Annotated

import typer

from assistant.settings import ROOT, Settings

app = typer.Typer(no_args_is_help=True, help="Mail: take in what came back, send a test letter")
#: What a mail server takes for "not now, keep it and try again" (sysexits.h).
_TEMPORARY = 75


@app.command()
def bounce(
    recipient: Annotated[str, typer.Option(help="whom the mail server says the letter is for")] = "",
) -> None:
    """Reads a letter that came back from standard input, as a mail server's pipe gives it; prints what it was.

    Exit code 0 also for forgeries and letters that are no report, so that nothing is ever sent in reply; 75 while
    the database is away, so that the mail server keeps the letter and tries again.
    """
    import psycopg

    from assistant import database, post
    from assistant.accounts.adapters.bounces import LARGEST
    from assistant.privacy import keyring

    settings = Settings()
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        vault = keyring.open_vault(settings)
        url = database.as_app(database.url_of(settings))
        office = post.bounces(settings, lambda: database.connect(url, "assistant-bounce"), vault)
        typer.echo(office.take(raw, recipient))
    except psycopg.Error as error:
        typer.echo(f"database: {type(error).__name__}", err=True)
        raise typer.Exit(_TEMPORARY) from None


@app.command()
def test(address: Annotated[str, typer.Argument(help="an address of your own")]) -> None:
    """Sends one letter with this server's settings, the link leading nowhere; says why if it was not taken."""
    from assistant import post
    from assistant.accounts.adapters.letters import Letters
    from assistant.accounts.adapters.smtp import MailError

    settings = Settings()
    url = settings.smtp_url.get_secret_value()
    letter = Letters(ROOT / "data/mail").write(
        "reset_link", f"{settings.base_url}/", masked_code="•••••••000", lives="1 giờ", at=""
    )
    try:
        post.mailer(settings, url).send(address, letter, secrets.token_hex(16))
    except MailError as error:
        typer.echo(f"not taken: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo("taken by the mail server; now look at its headers (docs/mail.md)")
