"""`assistant release …`: what the console's page of releases does, from the server's terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from assistant.cli import account
from assistant.cli.privacy import opened
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.release.model import Act, By, Release

app = typer.Typer(no_args_is_help=True, help="Phát hành: huấn luyện bản mới, đưa ra phục vụ, quay lại bản cũ")
_WHERE = "command:release"
_STATES = {
    "waiting": "chờ máy", "checking": "kiểm tra", "training": "huấn luyện", "evaluating": "đo chất lượng",
    "ready": "sẵn sàng", "blocked": "chưa đạt", "failed": "không thành", "cancelled": "đã dừng",
}  # fmt: skip


def _me() -> By:
    from assistant.release.model import By

    return By(account.name(), account.name())


def _line(release: Release, mark: str) -> str:
    metrics = release.metrics or {}
    right = f"{metrics['right']}/{metrics['texts']}" if "texts" in metrics else ""
    kept = "" if release.kept or release.active else "không còn lưu"
    at = release.asked_at.astimezone()
    shown = f"{mark} {release.id:>4}  {at:%Y-%m-%d %H:%M}  {_STATES[release.state]:<14} {right:<10}"
    return f"{shown} {release.model or '':<24} {release.shown} {kept}".rstrip()


@app.command("list")
def show() -> None:
    """Liệt kê các bản; → là bản đang chạy. Rồi máy nào đang chạy bản nào."""
    from assistant.release import live, store

    with opened(Settings()) as (connection, _):
        now = live.live(connection)
        for release in store.newest(connection):
            typer.echo(_line(release, "→" if now and now.release == release.id else " "))
        for node in live.nodes(connection):
            what = f"bản {node.release}" if node.release else "mô hình của máy"
            typer.echo(f"{node.name}: {what}, {node.model}{f' – {node.trouble}' if node.trouble else ''}")


@app.command()
def build() -> None:
    """Kiểm tra, huấn luyện, đo một bản mới ngay trong lệnh này; mã thoát 1 nếu không thành hoặc chưa đạt."""
    import os

    from assistant import audit, database
    from assistant.rasa import training
    from assistant.release import building, store
    from assistant.release.model import ReleaseError
    from connectors.all import check_content

    settings = Settings()
    with opened(settings) as (connection, _):
        try:
            with connection.transaction():
                number = store.ask(connection, _me())
                store.take(connection, "command")
                audit.record(
                    connection, audit.Event.RELEASE_ASKED, actor=account.actor(), where=_WHERE,
                    release=number,
                )  # fmt: skip
        except ReleaseError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        present = training.present_path(settings)
        own = {"database_url": database.url_of(settings), "model_path": str(present) if present.exists() else ""}
        began = time.monotonic()
        parent = os.getppid() or os.getpid()  # the first process of a container has nobody above it
        building.build(settings.model_copy(update=own), number, parent, check_content)
        release = store.find(connection, number)
        assert release is not None
        typer.echo(release.log.rstrip())
        typer.echo(f"{_line(release, ' ')}  ({time.monotonic() - began:.0f} s)")
        if release.trouble:
            typer.echo(release.trouble, err=True)
        raise typer.Exit(0 if release.state == "ready" else 1)


def _make_live(number: int, act: Act, event_name: str) -> None:
    from assistant import audit
    from assistant.release import live
    from assistant.release.model import ReleaseError

    with opened(Settings()) as (connection, _):
        try:
            with connection.transaction():
                now = live.live(connection)
                live.make_live(
                    connection, number, act, _me(), now.release if now else None, Settings().release_two_people
                )
                audit.record(
                    connection, audit.events.named(event_name), actor=account.actor(), where=_WHERE,
                    release=number, before=now.release if now else 0,
                )  # fmt: skip
        except ReleaseError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
    typer.echo(f"Bản {number} là bản đang chạy; các máy đổi sang trong vài giây.")


@app.command()
def promote(number: int) -> None:
    """Đưa một bản đã đạt ra phục vụ trên mọi máy."""
    _make_live(number, "promoted", "release.promoted")


@app.command()
def rollback(number: int) -> None:
    """Quay lại một bản đã từng phục vụ."""
    _make_live(number, "rolled_back", "release.rolled_back")
