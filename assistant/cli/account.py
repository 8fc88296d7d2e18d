"""Whose account of the machine runs a command: as the system says it, not the environment, which anybody may set."""

from __future__ import annotations

import os
import pwd
from typing import Any


def name() -> str:
    """Returns the account's name; where a container has none for its number, the number."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def actor() -> Any:
    """Returns the account for the trail: told from people who signed in by "os:" before it, which no name has."""
    from assistant import audit

    return audit.Staff(f"os:{name()}")
