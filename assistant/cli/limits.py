"""`assistant limits`: what is in force. `assistant docs limits`: the page about it."""

from __future__ import annotations

import typer

from assistant.settings import ROOT, Settings
from assistant.settings.limit_docs import Other, limit_docs, rows
from assistant.settings.limits import LIMITS

PAGE = ROOT / "docs/limits.md"


def show() -> None:
    """Prints the limits in force, marking those that LIMITS_FILE changed."""
    for name, number, _, _, meaning, _ in rows(Settings().limits):
        changed = "*" if number != getattr(LIMITS, name) else " "
        typer.echo(f"{changed} {name:<32}{number:>9,}  {meaning}")


def write_page() -> None:
    """Writes docs/limits.md from the block of limits."""
    PAGE.write_text(page(), encoding="utf-8")
    typer.echo(PAGE)


def page() -> str:
    """Returns docs/limits.md as it should be."""
    from assistant.messages.bounds import TEXT_LIMIT
    from assistant.privacy import vault
    from connectors.all import kinds

    rate = Settings.model_fields["requests_per_second"].default
    return limit_docs(
        [
            Other("requests a second from one network, before anything is read", f"{rate}", "`REQUESTS_PER_SECOND`"),
            Other("characters of a message that are read", f"{TEXT_LIMIT:,}", "`messages/bounds.py`"),
            *(
                Other(f"a body at the {_door(kind.name)} door", _bytes(kind.largest_body), f"`{kind.door}`")
                for kind in kinds()
            ),
            Other("a link token", "256 random bits, stored as SHA-256", "`accounts/reset.py`"),
            Other("identifiers in the vault", f"{vault.LIVES.total_seconds() / 3600:.0f} hours", "`privacy/vault.py`"),
        ]
    )


def _door(name: str) -> str:
    return {"sms": "SMS", "web": "web"}.get(name, name.capitalize())


def _bytes(number: int) -> str:
    return f"{number // 2**20} MB" if number >= 2**20 else f"{number // 1024} kB"
