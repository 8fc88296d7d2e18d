"""The command `assistant`."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer

from assistant.app import logging
from assistant.cli import (
    account,
    audit,
    console,
    desk,
    events,
    inbox,
    limits,
    mail,
    messenger,
    outbox,
    parse,
    privacy,
    release,
    stories,
    zalo,
)
from assistant.runtime import progress
from assistant.settings import ROOT, Settings, StartError

if TYPE_CHECKING:
    from assistant.conversation_tests.rates import Rate

_TRAINING = 45  # seconds, on two processors
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Trợ lý VssID")


app.add_typer(desk.app, name="desk")
app.add_typer(mail.app, name="mail")
app.add_typer(messenger.app, name="messenger")
app.add_typer(zalo.app, name="zalo")
app.add_typer(inbox.app, name="inbox")
app.add_typer(events.app, name="events")
app.add_typer(privacy.erased_app, name="erased")
app.add_typer(outbox.app, name="outbox")
app.add_typer(console.app, name="console")
app.add_typer(audit.app, name="audit")
app.add_typer(stories.app, name="story")
app.add_typer(release.app, name="release")
privacy.register(app)

content = typer.Typer(no_args_is_help=True, help="The content in data/")
app.add_typer(content, name="content")


@app.callback()
def _start() -> None:
    logging.configure()


@app.command()
def serve(
    nodes: Annotated[int | None, typer.Option(help="doors on this machine; 0: everything in one process")] = None,
) -> None:
    """Serves the doors, the workers and (in demo mode) the sandbox."""
    from assistant.app import server

    settings = Settings() if nodes is None else Settings(nodes=nodes)
    raise typer.Exit(server.serve(settings))


@app.command()
def train(force: Annotated[bool, typer.Option(help="train even if the content has not changed")] = False) -> None:
    """Trains a model from data/, domain.yml and config.yml."""
    from assistant.rasa import training

    settings = Settings()
    path = training.model_path(settings.models_dir, data=training.content_of(settings))
    if force or not training.is_complete(path):
        said = "Huấn luyện mô hình từ nội dung … (training)", "Đã huấn luyện sau (trained in)"
        with progress.waiting(*said, seconds=_TRAINING):
            training.train(settings)
    typer.echo(path)


@app.command()
def doctor() -> None:
    """Looks for what is missing or unsafe; exit code 1 if something must be mended."""
    from assistant.app import doctor as checks

    findings = checks.examine(Settings())
    for finding in findings:
        typer.echo(f"{finding.mark} {finding.about}: {finding.text}")
    raise typer.Exit(1 if any(finding.level == "unsafe" for finding in findings) else 0)


@app.command("model-key")
def model_key() -> None:
    """Makes a key pair for models: MODEL_SIGNING_KEY where models are trained, MODEL_PUBLIC_KEYS on every node."""
    from assistant.model_store import signing

    private, public = signing.new_key()
    typer.echo(f"MODEL_SIGNING_KEY={private}\nMODEL_PUBLIC_KEYS={public}")


app.command("parse")(parse.parse)


@app.command()
def say(
    text: str,
    conversation: Annotated[str, typer.Option(help="any name; the same name goes on with the same conversation")],
    channel: str = "web",
) -> None:
    """Runs one turn of a conversation of the command line's own on the configured database, and prints the replies."""
    from assistant.app.one_turn import one_turn

    # No channel gives such a name: nobody's conversation is gone on with, and the trail has who spoke.
    for body in one_turn(Settings(), channel, f"say-{conversation}", text, uuid.uuid4().hex, account.actor()):
        typer.echo(json.dumps(body, ensure_ascii=False))


docs_app = typer.Typer(no_args_is_help=True, help="Trang tài liệu viết ra từ nội dung")
app.add_typer(docs_app, name="docs")


app.command("limits")(limits.show)
docs_app.command("limits")(limits.write_page)


@docs_app.command("alerts")
def docs_alerts() -> None:
    """Writes deploy/monitoring/prometheusrule.yaml, for the Prometheus operator, from alerts.yml."""
    path = ROOT / "deploy/monitoring/prometheusrule.yaml"
    _, _, rules = (path.parent / "alerts.yml").read_text(encoding="utf-8").partition("groups:\n")
    lines = (f"  {line}".rstrip() for line in f"groups:\n{rules}".splitlines())
    path.write_text(
        "# Written by `assistant docs alerts` from alerts.yml: change that, not this.\n"
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\n"
        "metadata:\n  name: assistant\n  namespace: vssid\nspec:\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    typer.echo(path)


@docs_app.command("privacy")
def docs_privacy() -> None:
    """Writes the tables of docs/privacy.md: what is kept, and the words of the audit trail."""
    from assistant.privacy import documents

    documents.write(ROOT / "docs/privacy.md")
    typer.echo(ROOT / "docs/privacy.md")


@docs_app.command("routes")
def docs_routes() -> None:
    """Writes docs/routes.md from data/routes.yml and the answers."""
    from assistant.advice.route_docs import route_docs
    from assistant.content.topics import ContentError

    path = ROOT / "docs/routes.md"
    try:
        path.write_text(route_docs(ROOT), encoding="utf-8")
    except ContentError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(path)


conversation_app = typer.Typer(no_args_is_help=True, help="Kịch bản hội thoại (tests/conversations/scripts)")
app.add_typer(conversation_app, name="conversation")


@conversation_app.command("run")
def conversation_run(paths: Annotated[list[Path], typer.Argument(metavar="FILE…")]) -> None:
    """Plays conversation scripts (files or folders) as new persons; nothing of it is kept."""
    from assistant.app.script_runs import play_scripts
    from assistant.conversation_tests.rates import as_lines, rates
    from assistant.conversation_tests.scripts import ScriptError, read_scripts

    settings = Settings()
    if not settings.demo:
        typer.echo("Kịch bản dùng tài khoản mẫu nên chỉ chạy ở chế độ thử (ASSISTANT_MODE=demo).", err=True)
        raise typer.Exit(2)
    try:
        scripts = read_scripts(paths)
    except ScriptError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    results = []
    for result in play_scripts(settings, scripts):
        results.append(result)
        mark = "✓" if not result.findings else "✗" if result.counts else "○"  # what is only wanted fails nothing
        typer.echo(f"{mark} {result.script.behaviour}: {result.script.name}")
        for finding in result.findings:
            typer.echo(f"    {finding}")
    failed = sum(bool(result.findings) and result.counts for result in results)
    typer.echo("\n" + "\n".join(as_lines(rates(results))))
    typer.echo(f"{len(scripts)} kịch bản, {failed} chưa đạt.")
    if failed or not scripts:
        raise typer.Exit(1)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def rasa(context: typer.Context) -> None:
    """Runs Rasa's own command line: train, test, shell, run, interactive, data validate, visualize, …"""
    from assistant.cli.stage import Stage
    from assistant.rasa import command_line

    raise typer.Exit(command_line.run(context.args, Stage))


@app.command("rasa-export")
def rasa_export(folder: Path) -> None:
    """Writes the project into a new folder as one that stock Rasa 3.6.21 trains (docs/rasa.md)."""
    from assistant.rasa import slim_boot, training

    slim_boot.boot(serving=False)
    from assistant.rasa.stock_export import export

    try:
        written = export(ROOT / "config.yml", ROOT / "domain.yml", training.content_of(Settings()), folder)
    except FileExistsError:
        typer.echo(f"Thư mục {folder} đã có tệp; hãy chọn một thư mục mới.", err=True)
        raise typer.Exit(1) from None
    for path in written:
        typer.echo(path)


@app.command()
def migrate(revision: str = "head") -> None:
    """Brings the database's schema to a revision, forward or back: `--revision 0010`, `--revision=-1`, `head`.

    Forward to `head` with DATABASE_OWNER_URL it also makes the role that nodes log in with, as DATABASE_URL names it.
    """
    from assistant import database

    settings = Settings()
    if revision != "head":
        database.migrate(database.owner_url_of(settings), revision)
    elif login := database.migrate_and_make_login(settings):
        typer.echo(f"nodes log in as {login}, who owns nothing")


@app.command()
def evaluate(
    html: Annotated[Path | None, typer.Option(help="write the report as a page")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the numbers as JSON")] = False,
    texts_only: Annotated[bool, typer.Option("--texts-only", help="play no conversations; needs no database")] = False,
) -> None:
    """Measures the understanding on the gold texts, and the conversations apart; exit code 1 under the gates."""
    from assistant.rasa import training

    settings = Settings()
    model = training.current_model(settings)
    from assistant.conversation_tests import rates
    from assistant.evaluation import heads, measure, pages
    from assistant.rasa.host import Parser

    parser = Parser(model)
    report, read = measure.evaluate(parser.parse, ROOT), heads.evaluate_heads(parser.parse, ROOT)
    gates = measure.read_gates(ROOT)
    found = [] if texts_only else _conversations(settings, model)
    failed = measure.failures(report, gates) + (rates.missed(found, gates["conversations"]) if found else [])
    table = rates.as_lines(found)
    if html:
        html.write_text(pages.as_html(report, failed, table), encoding="utf-8")
    if as_json:
        numbers = pages.as_json(report) | {
            "heads": [asdict(one) for one in read], "conversations": rates.as_json(found), "failed": failed,
        }  # fmt: skip
        typer.echo(json.dumps(numbers, ensure_ascii=False))
    else:
        typer.echo("\n".join(["sides and facts, each text by itself", *heads.as_lines(read), ""]))
        typer.echo(pages.as_text(report, failed, table))
    raise typer.Exit(1 if failed else 0)


def _conversations(settings: Settings, model: Path) -> list[Rate]:
    """Plays our own conversation scripts, apart from everything real; returns how many pass."""
    from assistant import database
    from assistant.conversation_tests import rates
    from assistant.rasa import training
    from assistant.release.rehearsing import rehearse

    database.prepared(settings)
    return rates.rates(rehearse(settings, model, training.content_with(model, settings)).played)


@content.command("check")
def content_check() -> None:
    """Checks data/ and says in Vietnamese what to mend; exit code 1 on errors."""
    from assistant.content.check import check, summary
    from assistant.content.errors import ContentError
    from assistant.rasa import training
    from assistant.rasa.action_check import check_actions
    from assistant.rasa.component_check import check_components
    from assistant.rasa.entity_check import check_entities
    from assistant.rasa.response_check import check_lost, check_responses
    from assistant.rasa.story_check import check_stories
    from connectors.all import check_content

    data = training.content_of(Settings())
    findings = list(check(ROOT, data=data, channels=check_content))
    try:
        findings += [*check_actions(ROOT, data), *check_responses(ROOT, data), *check_lost(ROOT)]
        findings += [*check_entities(ROOT, data)]
        if not (unknown := [*check_components(ROOT / "config.yml")]):
            findings += check_stories(ROOT, data)
        findings += unknown
    except ContentError:
        if not findings:  # a file that cannot be read is said with its line above
            raise
    for finding in findings:
        typer.echo(finding.line_of_text(ROOT))
    typer.echo(summary(findings))
    raise typer.Exit(1 if any(finding.is_error for finding in findings) else 0)


@content.command("sources")
def content_sources(
    act: Annotated[str | None, typer.Argument(help="short name in data/acts.yml, such as L; none: all acts")] = None,
) -> None:
    """Lists what hangs on an act: every sentence and figure to re-check when it changes."""
    from assistant.content.errors import ContentError
    from assistant.content.reliance import acts_with_parts
    from assistant.rasa import training

    try:
        found = acts_with_parts(training.content_of(Settings()))
    except ContentError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if act is None:
        for name, (known, parts) in found.items():
            files = len({part.path for part in parts})
            typer.echo(f"{name:6} {known.title}, hiệu lực {known.in_force:%d/%m/%Y}: {len(parts)} phần, {files} tệp")
        return
    if act not in found:
        typer.echo(f"Không có văn bản tên “{act}”; có: {', '.join(found)}.", err=True)
        raise typer.Exit(1)
    known, parts = found[act]
    typer.echo(f"{known.title}, hiệu lực {known.in_force:%d/%m/%Y}, mức tin cậy {known.confidence} ({known.read_in})")
    for part in parts:
        typer.echo(part.as_text(ROOT))
    typer.echo(f"{len(parts)} phần phải xem lại.")


def main() -> None:
    """Runs a command; what keeps it from starting is said in a sentence, not as a traceback."""
    try:
        app()
    except StartError as error:
        typer.echo(f"assistant: {error}", err=True)
        raise SystemExit(2) from None
    except psycopg.OperationalError as error:
        typer.echo(f"assistant: the database does not answer: {_in_one_line(error)}", err=True)
        raise SystemExit(2) from None


def _in_one_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
