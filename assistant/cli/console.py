"""`assistant console …`: accounts of staff, from the server's terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import account
from assistant.cli.privacy import opened
from assistant.settings import Settings

if TYPE_CHECKING:
    import psycopg

    from assistant.staff.doer import Doer

app = typer.Typer(no_args_is_help=True, help="Bàn làm việc: tài khoản nhân viên")
Name = Annotated[str, typer.Option(help="tên đăng nhập, ví dụ hoa.nguyen")]


@contextmanager
def _open(settings: Settings) -> Iterator[tuple[psycopg.Connection[Any], Doer]]:
    """Gives one transaction and who does it; a refusal is printed as a sentence and ends with code 1."""
    from assistant.staff.doer import Doer
    from assistant.staff.model import StaffError

    with opened(settings) as (connection, _):
        try:
            with connection.transaction():
                yield connection, Doer(account.actor(), "command:console")
        except StaffError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error


def _print_link(settings: Settings, token: str) -> None:
    typer.echo(f"{settings.base_url}/console/invitation/{token}")
    typer.echo("Liên kết dùng một lần, trong 1 giờ. Gửi riêng cho đúng người.", err=True)


@app.command()
def invite(
    name: Name,
    role: Annotated[list[str], typer.Option(help="agent, content, auditor, admin; lặp lại để có nhiều vai trò")],
    shown: Annotated[str, typer.Option(help="họ tên mà đồng nghiệp nhìn thấy")] = "",
) -> None:
    """Tạo tài khoản và in liên kết mời dùng một lần."""
    from assistant.staff import accounts

    settings = Settings()
    with _open(settings) as (connection, doer):
        token = accounts.invite(connection, name, role, shown=shown, by=doer)
    _print_link(settings, token)


@app.command("reset-password")
def reset_password(name: Name) -> None:
    """In liên kết đặt lại mật khẩu, khi không còn quản trị viên nào vào được."""
    from assistant.staff import accounts

    settings = Settings()
    with _open(settings) as (connection, doer):
        token = accounts.reset_password(connection, name, by=doer)
    _print_link(settings, token)


@app.command("reset-phone")
def reset_phone(name: Name) -> None:
    """Cho phép gắn lại điện thoại ở lần đăng nhập tới."""
    from assistant.staff import accounts

    with _open(Settings()) as (connection, doer):
        accounts.reset_second_factor(connection, name, by=doer)


@app.command()
def people() -> None:
    """Liệt kê tài khoản."""
    with _open(Settings()) as (connection, _):
        for name, shown, roles, disabled in connection.execute(
            "SELECT name, shown, roles, disabled_at IS NOT NULL FROM staff ORDER BY name"
        ):
            typer.echo(f"{name}\t{shown}\t{','.join(roles)}\t{'đã khóa' if disabled else ''}")
