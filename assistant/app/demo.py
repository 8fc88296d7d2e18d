"""Starts the demo's stand-ins. They are named, not imported: nothing of production depends on the sandbox."""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Protocol, cast

from starlette.routing import Mount

from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.accounts.registry.http import HttpRegistry
    from assistant.accounts.registry.sql import SqlRegistry

_START = "sandbox.demo:start"


class StandIns(Protocol):
    """What stands in for platforms, mailbox and members while nothing real is connected."""

    settings: Settings  # the server's, with what connects it to the stand-ins
    smtp_url: str

    def mount(self) -> Mount:
        """Returns the pages below /sandbox."""

    def stop(self) -> None:
        """Ends what runs beside the server."""


def start(settings: Settings, register: SqlRegistry | HttpRegistry) -> StandIns:
    """Starts the stand-ins for what the settings do not connect, and enters the demo's members."""
    return cast("StandIns", resolve_name(_START)(settings, register))
