"""`assistant outbox …`: messages that wait or were given up, for whoever runs the servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import psycopg
import typer

app = typer.Typer(no_args_is_help=True, help="Messages to people: what waits, what was given up")
_LIST = """
SELECT id, split_part(conversation, ':', 1) AS channel, state, attempts, maybe_twice, error, created_at, next_try_at
FROM outbox WHERE state = %(state)s AND (%(channel)s = '' OR conversation LIKE %(channel)s || ':%%')
ORDER BY id LIMIT %(most)s
"""
_REPLAY = """
UPDATE outbox SET state = 'waiting', attempts = 0, next_try_at = now(), error = NULL
WHERE state = 'dead' AND id = ANY (%s) RETURNING id, conversation
"""
_HURRY = """
UPDATE outbox SET next_try_at = now()
WHERE state = 'waiting' AND next_try_at > now() AND (%(channel)s = '' OR conversation LIKE %(channel)s || ':%%')
"""
_DROP = "DELETE FROM outbox WHERE state IN ('dead', 'waiting') AND lease_until IS NULL AND id = ANY (%s) RETURNING id"
Numbers = Annotated[
    list[int], typer.Argument(metavar="NUMBER…", min=1, max=2**63 - 1, help="as `outbox list` shows them")
]


@contextmanager
def _open() -> Iterator[psycopg.Connection[Any]]:
    from assistant import database
    from assistant.settings import Settings

    with database.connect(database.url_of(Settings()), "assistant-outbox") as connection:
        yield connection


def report(done: list[int], asked: list[int]) -> None:
    """Says what was done; exit code 1 if some number was not there."""
    for number in done:
        typer.echo(number)
    missing = sorted(set(asked) - set(done))
    if missing:
        typer.echo(f"not there, or not in that state: {', '.join(map(str, missing))}", err=True)
        raise typer.Exit(1)


@app.command("list")
def show(
    state: Annotated[Literal["dead", "waiting"], typer.Option()] = "dead", channel: str = "", most: int = 100
) -> None:
    """Lists messages as JSON lines, oldest first; neither texts nor people are shown."""
    from psycopg.rows import dict_row

    with _open() as connection, connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_LIST, {"state": state, "channel": channel, "most": most}):
            typer.echo(json.dumps(row, ensure_ascii=False, default=str))


@app.command()
def replay(numbers: Numbers) -> None:
    """Has messages that were given up sent again, from the first try on."""
    from assistant.messages import wakeups

    with _open() as connection:
        rows = connection.execute(_REPLAY, (numbers,)).fetchall()
        for _, conversation in rows:
            wakeups.tell(connection, conversation)
    report([row[0] for row in rows], numbers)


@app.command()
def hurry(channel: str = "") -> None:
    """Has messages that wait for a later try sent at once, when what kept them back is mended; prints how many."""
    with _open() as connection:
        typer.echo(connection.execute(_HURRY, {"channel": channel}).rowcount)


@app.command()
def drop(numbers: Numbers) -> None:
    """Removes messages that nobody shall get any more; what is being sent stays."""
    with _open() as connection:
        rows = connection.execute(_DROP, (numbers,)).fetchall()
    report([row[0] for row in rows], numbers)
