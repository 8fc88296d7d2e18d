"""`assistant messenger …`: the page's welcome screen, menu and subscriptions, from a terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="Messenger: màn hình chào, trình đơn, đăng ký nhận sự kiện của Trang")

_WORDS = {
    "persistent_menu": "Trình đơn",
    "ice_breakers": "Câu hỏi gợi ý",
    "greeting": "Lời chào",
    "get_started": "Nút Bắt đầu",
    "subscribed_fields": "Đăng ký nhận sự kiện của Trang",
    "webhook": "Địa chỉ webhook của ứng dụng",
}
#: What is done with the profile of a page; the second argument is the webhook's address, or an empty text.
Act = Callable[[Any, str], Awaitable[None]]
Webhook = Annotated[
    str, typer.Option(help="địa chỉ webhook; mặc định PUBLIC_URL/webhooks/messenger nếu PUBLIC_URL là https")
]
Yes = Annotated[bool, typer.Option("--yes", help="không hỏi lại")]


@app.command()
def setup(webhook: Webhook = "") -> None:
    """Đưa data/channels/messenger.yml lên Trang và đăng ký nhận sự kiện; chạy lại bao nhiêu lần cũng được."""

    async def act(profile: Any, callback: str) -> None:
        found = await profile.differences(callback)
        await profile.apply(found)
        for entry in found:
            typer.echo(f"  ✓ {_name(entry.what)}: {'đã đúng' if entry.same else 'đã đặt'}")

    _for_each_page(act, webhook)


@app.command()
def show(webhook: Webhook = "") -> None:
    """So Trang với data/channels/messenger.yml, không thay đổi gì; còn khác thì mã thoát là 1."""
    different = []

    async def act(profile: Any, callback: str) -> None:
        for entry in await profile.differences(callback):
            if entry.same:
                typer.echo(f"  ✓ {_name(entry.what)}")
                continue
            different.append(entry)
            typer.echo(f"  ✗ {_name(entry.what)}")
            typer.echo(f"      đang là: {_short(entry.now)}")
            typer.echo(f"      cần là:  {_short(entry.wanted)}")

    _for_each_page(act, webhook, with_health=True)
    if different:
        typer.echo("Chạy “assistant messenger setup” để đặt lại.")
        raise typer.Exit(1)


@app.command()
def remove(yes: Yes = False) -> None:
    """Gỡ màn hình chào, trình đơn và đăng ký nhận sự kiện khỏi Trang; sau đó Trang không còn được trả lời."""
    if not yes:
        typer.confirm("Gỡ khỏi mọi Trang đã cấu hình?", abort=True)

    async def act(profile: Any, callback: str) -> None:
        await profile.remove()
        typer.echo("  ✓ đã gỡ")

    _for_each_page(act, "")


def _name(what: str) -> str:
    return f"{_WORDS[what]} ({what})"


def _short(value: Any) -> str:
    text = "chưa có" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]}…"


def _for_each_page(act: Act, webhook: str, with_health: bool = False) -> None:
    from assistant.settings import SettingsError
    from connectors.messenger.profile import ProfileError
    from connectors.messenger.words import BadContent

    try:
        asyncio.run(_run(act, webhook, with_health))
    except (ProfileError, SettingsError, BadContent) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


async def _run(act: Act, webhook: str, with_health: bool) -> None:
    import httpx

    from assistant.settings import Settings
    from connectors.messenger.api import Graph
    from connectors.messenger.channel import PATH
    from connectors.messenger.health import debug
    from connectors.messenger.profile import Profile, ProfileError
    from connectors.messenger.settings import app_of
    from connectors.messenger.words import our_content

    settings = Settings()
    meta = app_of(settings)
    content = our_content()
    if not meta.pages:
        raise ProfileError("Chưa đặt MESSENGER_PAGE_TOKENS; xem connectors/messenger/README.md.")
    public = settings.public_url.rstrip("/")
    callback = webhook or (f"{public}{PATH}" if public.startswith("https://") else "")
    async with httpx.AsyncClient(timeout=30) as http:
        graph = Graph(http, meta)
        for page in meta.pages:
            profile = Profile(graph, meta, page, content.profile)
            number, name = await profile.name()
            typer.echo(f"Trang {number} ({name})")
            if page.id and number and page.id != number:
                raise ProfileError(f"Token ở mục {page.id} của MESSENGER_PAGE_TOKENS là của Trang {number}.")
            if with_health:
                _say_token(await debug(graph, meta, page))
            await act(profile, callback)


def _say_token(token: Any) -> None:
    lacking = f", thiếu quyền {', '.join(token.lacking)}" if token.lacking else ""
    until = f", hạn {token.until:%d/%m/%Y}" if token.until else ""
    typer.echo(f"  {'✓' if token.valid and not lacking else '✗'} token{until}{lacking}")
