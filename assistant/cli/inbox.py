"""`assistant inbox …`: events that were kept aside because their content cannot be stored."""

from __future__ import annotations

import dataclasses
import json

import typer

from assistant.cli import privacy
from assistant.cli.outbox import Numbers, report
from assistant.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Events that cannot be stored, kept aside (dead letters)")


@app.command("list")
def show_all(settled: bool = False) -> None:
    """Lists them as JSON lines, oldest first; neither texts nor people are shown."""
    from assistant.messages import dead_letters

    with privacy.opened(Settings()) as (connection, _):
        for letter in dead_letters.listed(connection, settled):
            typer.echo(json.dumps(dataclasses.asdict(letter), ensure_ascii=False, default=str))


@app.command()
def show(number: int) -> None:
    """Prints one as it came, with what the person wrote, to who signed in; the audit trail notes who looked."""
    from assistant import audit
    from assistant.messages import dead_letters

    settings = Settings()
    with privacy.opened(settings) as (connection, vault), connection.transaction():
        who = privacy.reader(connection, settings)
        found = dead_letters.opened(connection, number, vault)
        if found is None:
            typer.echo("not there", err=True)
            raise typer.Exit(1)
        conversation, event = found
        audit.viewed(connection, [conversation], actor=who, where="command:inbox show", view="dead letter")
    typer.echo(json.dumps(event, indent=2))


@app.command()
def settle(numbers: Numbers) -> None:
    """Notes that they have been dealt with, which ends the alarm; they stay as long as messages do."""
    from assistant.messages import dead_letters

    with privacy.opened(Settings()) as (connection, _):
        done = dead_letters.settle(connection, numbers)
    report(done, numbers)
