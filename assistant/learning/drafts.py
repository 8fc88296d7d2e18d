"""Test cases and stories on their way into a file: kept, checked in the background, saved once they are good."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

from assistant.settings import ROOT

logger = logging.getLogger(__name__)
Kind = Literal["script", "story"]
Connection = psycopg.Connection[Any]
#: A check is a process of its own: what Rasa imports and computes does not slow the doors of this node.
_COMMANDS: dict[Kind, list[str]] = {"script": ["conversation", "run"], "story": ["story", "check"]}
_SECONDS = 120
#: How a difference that was played begins.
_PLACE = "dòng "
_one_at_a_time = threading.Semaphore(1)
# The turn is held: an erasure that is under way is waited for, and leaves nothing that a draft could be made of.
_ADD = """
INSERT INTO learning_drafts (id, staff, kind, name, behaviour, text, turn_id, conversation)
SELECT %s, %s, %s, %s, %s, %s, id, conversation FROM turns WHERE id = %s FOR KEY SHARE
"""


@dataclass(frozen=True)
class Draft:
    """One draft; `waits` while its check runs and is not overdue."""

    id: str
    staff: str
    kind: Kind
    name: str
    behaviour: str
    text: str
    state: str
    findings: list[str]
    turn: int
    waits: bool
    conversation: str  # whose words it is made of


def add(connection: Connection, staff: str, kind: Kind, name: str, behaviour: str, text: str, turn: int) -> str | None:
    """Keeps a new draft made of what was said up to a turn; returns its number, None if that turn is gone."""
    number = str(uuid.uuid4())
    connection.execute("DELETE FROM learning_drafts WHERE at < now() - interval '1 day'")
    added = connection.execute(_ADD, (number, staff, kind, name, behaviour, text, turn))
    return number if added.rowcount else None


def find(connection: Connection, number: str, staff: str) -> Draft | None:
    """Returns somebody's draft."""
    try:
        key = uuid.UUID(number)
    except ValueError:
        return None
    row = connection.execute(
        "SELECT id::text, staff, kind, name, behaviour, text, state, findings, turn_id,"
        " state = 'checking' AND at > now() - make_interval(secs => %s), conversation FROM learning_drafts"
        " WHERE id = %s AND staff = %s",
        (_SECONDS + 30, key, staff),
    ).fetchone()
    return Draft(*row) if row else None


def change(connection: Connection, draft: Draft, name: str, behaviour: str, text: str, state: str) -> None:
    """Changes a draft; its old findings are worth nothing."""
    connection.execute(
        "UPDATE learning_drafts SET name = %s, behaviour = %s, text = %s, state = %s, findings = '[]', at = now()"
        " WHERE id = %s",
        (name, behaviour, text, state, uuid.UUID(draft.id)),
    )


def judge(connection: Connection, number: str, findings: list[str], wanted: bool = False) -> None:
    """Notes what a check found; what is only wanted may differ from today's answers, and nothing else."""
    differs = wanted and all(row.startswith(_PLACE) for row in findings)
    state = "good" if not findings else "wanted" if differs else "bad"
    connection.execute(
        "UPDATE learning_drafts SET state = %s, findings = %s WHERE id = %s",
        (state, Jsonb(findings), uuid.UUID(number)),
    )


def drop(connection: Connection, draft: Draft) -> None:
    """Forgets a draft."""
    connection.execute("DELETE FROM learning_drafts WHERE id = %s", (uuid.UUID(draft.id),))


def check(
    kind: Kind,
    number: str,
    text: str,
    settings: dict[str, str],
    connect: Callable[[], Connection],
    wanted: bool = False,
) -> None:
    """Starts the check of a draft and returns at once; the draft gets the result."""

    def work() -> None:
        with _one_at_a_time:
            findings = run(kind, text, settings)
        try:
            with connect() as connection:
                judge(connection, number, findings, wanted)
        except psycopg.Error as error:
            logger.warning("check of a draft: %s", type(error).__name__)

    threading.Thread(target=work, name=f"check {kind}", daemon=True).start()


def run(kind: Kind, text: str, settings: dict[str, str]) -> list[str]:
    """Runs the command that checks a text; returns what it found, in Vietnamese."""
    environment = os.environ | settings | {"TQDM_DISABLE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "draft.yml"
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "assistant.cli", *_COMMANDS[kind], str(path)]
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return [f"Kiểm tra chưa xong sau {_SECONDS} giây. Bạn thử lại sau ít phút."]
    if done.returncode == 0:
        return []
    said = [row.replace(f"{path}:", _PLACE).strip() for row in done.stdout.splitlines() if row.strip()]
    said = _of_script(said) if kind == "script" else said
    said += [row.replace(f"{path}:", _PLACE).strip() for row in done.stderr.splitlines() if str(path) in row]
    kept = [row for row in said if not row.startswith(("✗", "✓", "1 kịch bản"))]
    return kept[:50] or ["Kiểm tra dừng giữa chừng. Bạn thử lại; nếu vẫn vậy, nhờ kỹ thuật viên xem nhật ký."]


def _of_script(rows: list[str]) -> list[str]:
    """Returns what a script's run found: an answer of several lines is one finding; the table of rates is none."""
    found: list[str] = []
    for row in rows:
        if row.startswith("loại ") and "lượt đạt" in row:
            break
        if row.startswith((_PLACE, "✗", "✓", "○")) or not found:
            found.append(row)
        else:
            found[-1] += f" {row}"
    return found
