"""`assistant story check`: whether a story may be learned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Câu chuyện mẫu của Rasa (data/stories)")


@app.callback()
def _stories() -> None:
    """Keeps `check` a command of its own."""


@app.command()
def check(path: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Checks a story against the domain, the rules and the other stories; exit code 1 if it may not be learned."""
    from assistant.rasa.story_check import check_story

    findings = check_story(path, Settings())
    for finding in findings:
        typer.echo(finding)
    if findings:
        raise typer.Exit(1)
    typer.echo("Câu chuyện hợp với các quy tắc.")
