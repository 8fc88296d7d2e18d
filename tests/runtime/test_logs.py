"""The log says where something failed, never with what."""

from __future__ import annotations

import datetime
import io
import json
import logging
from collections.abc import Iterator

import psycopg
import pytest

from assistant import audit
from assistant.app import logging as logs
from assistant.runtime import logs as logs_of

CANARY = "7900000123 nguyen.an@example.com"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured handler writes."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure()
    (handler,) = root.handlers
    written = io.StringIO()
    handler.stream = written  # type: ignore[attr-defined]
    yield written
    root.handlers[:] = before
    root.setLevel(level)


def _fails(text: str) -> None:
    password = text  # a local of the frame that fails
    raise ValueError(f"cannot read {password}")


def test_a_crash_shows_its_place_but_no_message_and_no_locals(lines: io.StringIO) -> None:
    try:
        _fails(CANARY)
    except ValueError:
        logging.getLogger("assistant.test").exception("turn failed")
    assert "ValueError at test_logs.py:" in lines.getvalue()
    assert not any(part in lines.getvalue() for part in CANARY.split())


def test_a_chained_crash_shows_no_text_of_its_cause(lines: io.StringIO) -> None:
    try:
        try:
            _fails(CANARY)
        except ValueError as error:
            raise RuntimeError(CANARY) from error
    except RuntimeError:
        logging.getLogger("assistant.test").exception("turn failed")
    assert not any(part in lines.getvalue() for part in CANARY.split())


def test_a_database_error_shows_no_values(
    lines: io.StringIO, connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    try:
        connection.execute("SELECT %s::int", (CANARY,))
    except psycopg.Error:
        logging.getLogger("assistant.test").exception("turn failed")
    assert "OutOfRange at " in lines.getvalue()
    assert not any(part in lines.getvalue() for part in CANARY.split())


@pytest.mark.parametrize(
    "name", ["rasa.core.processor", "rasa.core.tracker_store", "rasa_sdk.executor", "httpx", "mail.log"]
)
def test_libraries_that_log_texts_are_quiet(lines: io.StringIO, name: str) -> None:
    logging.getLogger(name).debug("Received user message %s", CANARY)
    logging.getLogger(name).info("POST https://example.com/%s", CANARY)
    assert lines.getvalue() == ""


def test_structlog_of_rasa_is_quiet(lines: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    import structlog

    try:
        _fails(CANARY)
    except ValueError:
        structlog.get_logger().error("processor.failed", text=CANARY, exc_info=True)
    written = capfd.readouterr()
    assert CANARY not in written.out + written.err + lines.getvalue()


def test_who_wrote_is_a_pseudonym_that_the_audit_trail_knows(lines: io.StringIO) -> None:
    logging.getLogger("assistant.test").warning("turn of %s failed", "zalo:3456789012345678901")
    assert "3456789012345678901" not in lines.getvalue()
    assert audit.keys.opened().person("zalo:3456789012345678901") in lines.getvalue()


def test_a_failure_is_one_line_with_its_moment_and_zone_and_the_event(lines: io.StringIO) -> None:
    with logs_of.about("zalo:3456789012345678901"):
        logs_of.note_event(77)
        try:
            _fails(f"{CANARY}\nand more")
        except ValueError:
            logging.getLogger("assistant.test").exception("turn of %s failed\n", "zalo:3456789012345678901")
    written = lines.getvalue()
    assert written.count("\n") == 1
    moment, level, *_ = written.split()
    assert datetime.datetime.fromisoformat(moment).tzinfo is not None
    assert level == "ERROR"
    assert "ValueError at test_logs.py:" in written
    assert "[event 77]" in written
    logging.getLogger("assistant.test").warning("something else")
    assert lines.getvalue().count("[event 77]") == 1


def test_as_json_it_is_one_object_a_record(lines: io.StringIO) -> None:
    logs.configure(form="json")
    (handler,) = logging.getLogger().handlers
    handler.stream = lines  # type: ignore[attr-defined]
    with logs_of.about("zalo:3456789012345678901"):
        logs_of.note_event(77)
        try:
            _fails(CANARY)
        except ValueError:
            logging.getLogger("assistant.test").exception('a "turn" of %s failed', "zalo:3456789012345678901")
    said = json.loads(lines.getvalue())
    person = audit.keys.opened().person("zalo:3456789012345678901")
    assert (said["event"], said["person"], said["level"]) == (77, person, "ERROR")
    assert said["message"] == f'a "turn" of {person} failed'
    assert said["error"].startswith("ValueError at test_logs.py:")
    assert datetime.datetime.fromisoformat(said["time"]).tzinfo is not None
    assert "3456789012345678901" not in lines.getvalue()
