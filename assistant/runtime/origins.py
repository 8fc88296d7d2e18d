"""Which servers an address that came from outside may lead to: by origin, so that nobody makes us call others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit


def listed(text: str) -> list[str]:
    """Returns the origins of a setting ("https://host, https://*.host")."""
    return [each for each in re.split(r"[,\s]+", text) if each]


def is_named(address: str, origins: Sequence[str]) -> bool:
    """Tells whether an address belongs to one of the origins; "https://*.host" is everything below host."""
    try:
        given = urlsplit(address)
        port = given.port
    except ValueError:
        return False
    if given.username or given.password or not given.hostname:
        return False
    origin = f"{given.scheme}://{given.hostname}" + (f":{port}" if port else "")
    return any(
        origin == each or ("://*." in each and _below(given.scheme, given.hostname, port, each)) for each in origins
    )


def _below(scheme: str, host: str, port: int | None, origin: str) -> bool:
    kind, _, name = origin.partition("://*")
    return scheme == kind and port is None and host.endswith(name)
