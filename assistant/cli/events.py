"""`assistant events show`: what became of one event, for whoever runs the servers."""

from __future__ import annotations

import json

import typer

from assistant.cli import privacy
from assistant.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Events of people: what became of one")


@app.callback()
def _events() -> None:
    """Keeps `show` a command of its own."""


@app.command()
def show(event: str) -> None:
    """Prints an event's whole life as JSON, by our number (as in the log) or its platform's id; no texts, no names."""
    from assistant.messages import event_life
    from connectors.all import NAMES

    with privacy.opened(Settings()) as (connection, _):
        found = event_life.of(connection, event, NAMES)
    if not found:
        typer.echo("no such event: it never came, was not acknowledged, or is past its time", err=True)
        raise typer.Exit(1)
    for life in found:
        typer.echo(json.dumps(life, ensure_ascii=False, indent=2, default=str))
