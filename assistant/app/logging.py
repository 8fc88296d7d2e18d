"""Sets up the log of a process of this server, with the names of all channels."""

from __future__ import annotations

import logging
from typing import Literal

from assistant.runtime import logs
from connectors.all import NAMES


def configure(level: int | str = logging.INFO, form: Literal["text", "json"] = "text") -> None:
    """Sets up logging for this process; call before Rasa is imported."""
    logs.configure(level, NAMES, form)
