"""`assistant audit …`: reads the audit trail and checks that nobody has tampered with it."""

from __future__ import annotations

import datetime
import json
from typing import Annotated

import typer

from assistant.cli.privacy import opened
from assistant.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The audit trail: who did what, to whose data, where and when")
_Time = Annotated[datetime.datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="UTC")]


@app.command()
def verify(
    head: Annotated[
        str, typer.Option(help="a head noted earlier (POSITION:LINK): the trail must still contain it")
    ] = "",
) -> None:
    """Checks every entry and every link; exit code 1 and a line for each thing that is wrong."""
    from assistant import audit

    with opened(Settings()) as (connection, _):
        try:
            report = audit.verify(connection, head)
        except ValueError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
    for finding in report.findings:
        typer.echo(f"✗ {finding}")
    typer.echo(f"{report.linked} entries in the chain, {report.loose} waiting; head {report.head or 'none'}")
    raise typer.Exit(0 if report.good else 1)


@app.command()
def head() -> None:
    """Prints the trail's head, to be noted outside of the database and given to `verify --head` later."""
    from assistant import audit

    with opened(Settings()) as (connection, _):
        try:
            typer.echo(audit.link(connection))
        except audit.ChainBroken as error:
            typer.echo(f"{error}; run `assistant audit verify`", err=True)
            raise typer.Exit(1) from None


@app.command("list")
def list_entries(
    event: Annotated[str | None, typer.Option(help="an event or its first part, e.g. reset")] = None,
    person: Annotated[str | None, typer.Option(help="a conversation (channel:user) or a pseudonym p_…")] = None,
    member: Annotated[str | None, typer.Option(help="the register's id of a member, or a pseudonym m_…")] = None,
    actor: Annotated[str | None, typer.Option(help="who, e.g. staff:lan")] = None,
    since: _Time = None,
    until: _Time = None,
    most: Annotated[int, typer.Option(min=1, help="how many, newest first")] = 100,
) -> None:
    """Prints entries as JSON lines, newest first."""
    from assistant import audit

    with opened(Settings()) as (connection, _):
        for entry in audit.entries(
            connection, event=event, person=person, member=member, actor=actor,
            since=_utc(since), until=_utc(until), most=most,
        ):  # fmt: skip
            typer.echo(json.dumps(entry, ensure_ascii=False))


def _utc(time: datetime.datetime | None) -> datetime.datetime | None:
    return time.replace(tzinfo=datetime.UTC) if time else None


@app.command()
def events(markdown: Annotated[bool, typer.Option(help="as the table of docs/privacy.md")] = False) -> None:
    """Prints the vocabulary: every event and what it says."""
    from assistant import audit

    for event in audit.Event:
        typer.echo(f"| `{event.value}` | {event.meaning} |" if markdown else f"{event.value:30} {event.meaning}")
