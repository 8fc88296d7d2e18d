"""The demo and production never meet: the demo is asked for by name, and touches nothing real.

A demo enters invented members, shows letters with links that work to everybody, and makes its own keys. Beside a real
register, a real mail server, a platform's keys or a public address each of these would be an accident.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from assistant.settings import DATABASES, LEADING, Settings, SettingsError
from assistant.settings.addresses import is_database_here, is_here, is_this_machine

#: What a demo itself would ask: a name that is nobody's would only answer nothing.
_ASKED = ("registry_url", "smtp_url")


def refuse_unasked(settings: Settings) -> None:
    """Ends the start of a server that nobody told what it is for.

    Raises:
        SettingsError: in one line.
    """
    if not settings.assistant_mode:
        raise SettingsError(
            "ASSISTANT_MODE is not set: `make run` (or demo) tries it with invented members, production serves people"
        )


def refuse_real(settings: Settings) -> None:
    """Ends the start of a demo that would touch something real.

    Raises:
        SettingsError: in one line that names the settings, never a value.
    """
    if settings.demo and (found := list(real(settings))):
        raise SettingsError(
            f"a demo touches nothing real, but {', '.join(found)} leads outside: leave it out, or"
            " set ASSISTANT_MODE=production"
        )


def real(settings: Settings) -> Iterator[str]:
    """Yields the names of settings that lead to something real."""
    from connectors.all import kinds

    for name in LEADING:
        given = getattr(settings, name)
        value = given if isinstance(given, str) else given.get_secret_value()
        if not (is_this_machine if name in _ASKED else is_here)(value):
            yield name.upper()
    for name in DATABASES:
        if not is_database_here(getattr(settings, name)):
            yield name.upper()
    if _is_public(settings.host):
        yield "HOST"
    for kind in kinds():
        yield from kind.real(settings)


def _is_public(host: str) -> bool:
    """Tells whether strangers may reach a server that listens there."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host != "localhost"
    return address.is_unspecified or address.is_global
