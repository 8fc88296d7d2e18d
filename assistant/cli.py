"""The command `assistant`."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Annotated, Any

import typer

from assistant import desk_cli, logs
from assistant.settings import ROOT, Settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Trợ lý VssID")


app.add_typer(desk_cli.app, name="desk")
app.command()(desk_cli.erase)


@app.callback()
def _start() -> None:
    logs.configure()


@app.command()
def serve() -> None:
    """Serves the doors, the workers and (in demo mode) the sandbox."""
    from assistant import server

    server.serve(Settings())


@app.command()
def train(force: Annotated[bool, typer.Option(help="train even if the content has not changed")] = False) -> None:
    """Trains a model from data/, domain.yml and config.yml."""
    from assistant.engine import training

    settings = Settings()
    path = training.model_path(settings.models_dir)
    if force or not path.exists():
        training.train(settings.models_dir)
    typer.echo(path)


@app.command()
def parse() -> None:
    """Reads JSON lines {"text": …} and writes each back with intent, confidence and entities."""
    from assistant.engine import training

    settings = Settings()
    path = training.current_model(settings)
    from assistant.engine.host import Parser

    parser = Parser(path)
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            given: dict[str, Any] = json.loads(line)
            text = given["text"]
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            typer.echo(f'dòng {number}: cần một đối tượng JSON có "text" là chuỗi', err=True)
            raise typer.Exit(2) from None
        found = parser.parse(text)
        found.pop("ranking")
        typer.echo(json.dumps(given | found, ensure_ascii=False))


@app.command()
def say(
    text: str,
    conversation: Annotated[str, typer.Option(help="any name; the same name goes on with the same conversation")],
    channel: str = "web",
) -> None:
    """Runs one turn on the configured database and prints the replies as JSON lines."""
    from assistant.engine.one_turn import one_turn

    for body in one_turn(Settings(), channel, conversation, text, uuid.uuid4().hex):
        typer.echo(json.dumps(body, ensure_ascii=False))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def rasa(context: typer.Context) -> None:
    """Runs Rasa's own command line (train, shell, test, data validate) under the slim boot."""
    import os

    from assistant.engine import slim

    slim.boot(serving=False)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.argv = ["rasa", *context.args]
    from rasa.__main__ import main

    main()


@app.command()
def migrate(revision: str = "head") -> None:
    """Brings the database's schema to a revision."""
    from assistant import database

    database.migrate(database.url_of(Settings()), revision)


if __name__ == "__main__":
    app()
