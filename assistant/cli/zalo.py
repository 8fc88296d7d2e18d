"""`assistant zalo …`: connecting official accounts and how they are doing, from a terminal."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qs, urlsplit

import typer

from assistant.settings import Settings, SettingsError

if TYPE_CHECKING:
    import httpx
    from psycopg_pool import AsyncConnectionPool

    from assistant.privacy.vault import Vault
    from connectors.zalo.settings import ZaloApp

app = typer.Typer(no_args_is_help=True, help="Zalo OA: kết nối, tình trạng token và hạn mức")
Redirect = Annotated[
    str, typer.Option(help="địa chỉ quay về đã đăng ký trong trang ứng dụng; mặc định PUBLIC_URL/webhooks/zalo")
]


@app.command()
def connect(redirect_uri: Redirect = "") -> None:
    """In liên kết cấp quyền cho quản trị viên OA mở, rồi nhận địa chỉ mà trình duyệt quay về."""
    settings = Settings()
    if not redirect_uri and not settings.public_url:
        typer.echo("Chưa có PUBLIC_URL: cho biết --redirect-uri như đã đăng ký trong trang ứng dụng.", err=True)
        raise typer.Exit(2)
    uri = redirect_uri or f"{settings.base_url}/webhooks/zalo"
    asyncio.run(_run(settings, lambda parts: _connect(parts, uri)))


async def _connect(parts: _Parts, redirect_uri: str) -> None:
    from connectors.base.connecting import ConnectError
    from connectors.zalo.oauth import Connect

    connecting = Connect(parts.pool, parts.vault, parts.http, parts.app)
    begun = await connecting.begin(redirect_uri)
    typer.echo("1. Quản trị viên OA mở liên kết này (có hiệu lực 10 phút) và bấm đồng ý:\n")
    typer.echo(f"   {begun.url}\n")
    typer.echo(
        "2. Trình duyệt quay về một địa chỉ có “code=…”. Trang có báo lỗi cũng không sao: chép cả địa chỉ vào đây."
    )
    pasted = await asyncio.to_thread(_ask, "   Địa chỉ: ")
    given = {name: values[-1] for name, values in parse_qs(urlsplit(pasted.strip()).query).items()}
    if "code" not in given:
        typer.echo("Địa chỉ này không có “code=”. Chạy lại lệnh để lấy liên kết mới.", err=True)
        raise typer.Exit(1)
    if given.get("state", begun.state) != begun.state:
        typer.echo("Địa chỉ này thuộc một liên kết cấp quyền khác. Chạy lại lệnh để lấy liên kết mới.", err=True)
        raise typer.Exit(1)
    try:
        done = await connecting.finish(given["code"], begun.state, given.get("oa_id", ""))
    except ConnectError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Đã kết nối {done.name or 'OA'} ({done.oa_id or 'không rõ id'}).")


def _ask(prompt: str) -> str:
    typer.echo(prompt, nl=False)
    return sys.stdin.readline()


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="in ra JSON")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="hỏi Zalo tên và gói của từng OA")] = False,
) -> None:
    """Cho biết từng OA: token, hạn mức, nút bấm, lỗi gần nhất; mã thoát 1 nếu có việc phải làm."""
    asyncio.run(_run(Settings(), lambda parts: _status(parts, as_json, ask)))


async def _status(parts: _Parts, as_json: bool, ask: bool) -> None:
    from connectors.zalo.health import health

    found = await health(parts.pool, parts.app)
    if ask:
        for account, oa in zip(found["accounts"], parts.app.oas, strict=True):
            account["zalo"] = await _ask_zalo(parts, oa)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, default=str))
    else:
        for account in found["accounts"]:
            _show(account)
        for alarm in found["alarms"]:
            typer.echo(f"✗ {alarm}")
    if not found["ok"]:
        raise typer.Exit(1)


async def _ask_zalo(parts: _Parts, oa: Any) -> dict[str, Any]:
    from connectors.zalo.api import Api
    from connectors.zalo.oauth import OAuth
    from connectors.zalo.tokens import StoredTokens

    oauth = OAuth(parts.http, parts.app)
    tokens = StoredTokens(parts.pool, parts.vault, oauth, parts.app.key(oa), oa)
    answer = await Api(parts.http, parts.app.api, tokens, app_secret=parts.app.app_secret).account()
    names = ("oa_id", "oaid", "name", "is_verified", "package_name", "package_valid_through_date", "num_follower")
    told = {name: answer.data[name] for name in names if name in answer.data}
    return told or {"error": answer.said or f"{answer.code} {answer.message}"}


def _show(account: dict[str, Any]) -> None:
    from connectors.zalo.health import in_words

    typer.echo(f"{'✓' if not account['alarms'] else '✗'} {account['name']} {account['id']}")
    rows = {
        "access token đến": in_words(account["access_until"]),
        "làm mới lần cuối": in_words(account["refreshed_at"]),
        "cấp quyền lúc": in_words(account["granted_at"]),
        "refresh token còn": f"{account['refresh_days_left']} ngày",
        "nút bấm": "thẻ có nút" if account["cards"] == "card" else "danh sách số (Zalo từ chối thẻ)",
        "hạn mức mỗi phút": account["rate"]["limit"] and f"{account['rate']['remain']}/{account['rate']['limit']}",
        "loại tin gần nhất": account["quota"] and account["quota"].get("quota_type"),
        "Zalo cho biết": ", ".join(f"{name}: {value}" for name, value in account.get("zalo", {}).items()),
    }
    for name, value in rows.items():
        if value:
            typer.echo(f"    {name}: {value}")


class _Parts:
    """What the commands work with."""

    def __init__(self, app: ZaloApp, pool: AsyncConnectionPool[Any], vault: Vault, http: httpx.AsyncClient) -> None:
        self.app, self.pool, self.vault, self.http = app, pool, vault, http


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[_Parts]:
    import httpx

    from assistant import database
    from assistant.privacy import keyring
    from connectors.zalo.settings import app_of

    zalo = app_of(settings)
    if not zalo.app_id:
        raise SettingsError("ZALO_APP_ID is not set")
    pool = database.pool(database.url_of(settings), 2)
    await pool.open(wait=True, timeout=10)
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            yield _Parts(zalo, pool, keyring.open_vault(settings), http)
    finally:
        await pool.close()


async def _run(settings: Settings, act: Callable[[_Parts], Awaitable[None]]) -> None:
    async with _opened(settings) as parts:
        await act(parts)
