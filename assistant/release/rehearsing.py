"""Plays every conversation script with a model, apart from everything real, and tells which turns broke."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import database
from assistant.conversation_tests import rates
from assistant.conversation_tests.player import rehearsal
from assistant.conversation_tests.scripts import Played, PlayedTurn, Script, played, read_scripts
from assistant.privacy import keyring
from assistant.release.trial_isolation import Stage
from assistant.settings import ROOT, Settings

#: Broken turns that are kept.
MOST = 100


@dataclass(frozen=True)
class Rehearsed:
    """All scripts, played, and the seconds that took."""

    played: list[Played]
    seconds: float

    @property
    def counted(self) -> list[Played]:
        """What the rates are told by."""
        return [one for one in self.played if one.counts]


def scripts_of(settings: Settings, root: Path = ROOT) -> list[Script]:
    """Returns the scripts that came along and those that staff made of conversations.

    Raises:
        ScriptError: at the first file that is no script.
    """
    checkout = root / "tests/conversations/scripts"
    ours = checkout if checkout.is_dir() else root / "evaluation/conversations"
    return read_scripts([ours, *([settings.scripts_dir] if _is_elsewhere(settings.scripts_dir, ours) else [])])


def _is_elsewhere(folder: Path, ours: Path) -> bool:
    return folder.is_dir() and not folder.resolve().is_relative_to(ours.resolve())


def rehearse(settings: Settings, model: Path, content: Path, scripts: Sequence[Script] | None = None) -> Rehearsed:
    """Plays scripts, without any named all of them.

    Raises:
        ScriptError: at the first file that is no script.
    """
    scripts = scripts_of(settings) if scripts is None else scripts
    with staged(settings, model, content) as stage:
        return rehearse_on(stage, scripts)


def rehearse_on(stage: Stage, scripts: Sequence[Script]) -> Rehearsed:
    """Plays scripts with what is on the stage."""
    began = time.monotonic()
    found = [_played(stage, script) for script in scripts]
    return Rehearsed(found, time.monotonic() - began)


@contextmanager
def staged(settings: Settings, model: Path, content: Path) -> Iterator[Stage]:
    """Gives a model on a connection that can change nothing; members are samples, so it may run anywhere."""
    keyring.open_vault(settings)  # the trail's keys; what is written with them lies in tables that end with this
    with database.connect(database.direct_url_of(settings), "assistant-rehearsal") as connection:
        connection.autocommit = True
        stage = Stage(connection, model, content, settings)
        with closing(stage.host):
            yield stage


def _played(stage: Stage, script: Script) -> Played:
    with rehearsal(stage.connection, stage.host, stage.vault) as speak:
        return played(script, speak)


def numbers(rehearsed: Rehearsed) -> dict[str, Any]:
    """Returns what is kept of a rehearsal with a release: the rates, its time, and what did not pass."""
    counted, wanted = rehearsed.counted, [one for one in rehearsed.played if one.script.wanted]
    failed = [_row(one.script, turn) for one in counted for turn in one.turns if not turn.passed]
    return {
        "rates": rates.as_json(rates.rates(rehearsed.played)),
        "failed": failed[:MOST],
        "wanted": [_wanted(one) for one in wanted][:MOST],
        "said": {one.script.file: sorted({turn.answered for turn in one.turns}) for one in rehearsed.played},
        "seconds": round(rehearsed.seconds, 1),
    }


def broken(
    before: Sequence[Played], after: Sequence[Played], changed: Collection[str] = ()
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Returns the turns that passed and do not any more: those that refuse a release, and those that were meant to.

    Args:
        before: with what is live.
        after: with the candidate.
        changed: the topics whose files differ. Where one of them answers a turn now as before, only in other words,
            staff have written it anew, and the script is to follow.
    """
    rows: list[dict[str, Any]] = []
    meant: list[dict[str, Any]] = []
    for script, was, now in _pairs(before, after):
        if was.passed and not now.passed:
            same_answer = now.only_words and was.answered == now.answered
            rewritten = same_answer and now.answered.rpartition("/")[2] in changed
            (meant if rewritten else rows).append(_row(script, now) | {"before": was.answered})
    return rows[:MOST], meant[:MOST]


def _pairs(before: Sequence[Played], after: Sequence[Played]) -> Iterator[tuple[Script, PlayedTurn, PlayedTurn]]:
    old = {(one.script.path, turn.line): turn for one in before for turn in one.turns}
    for one in after:
        for turn in one.turns:
            if (was := old.get((one.script.path, turn.line))) is not None:
                yield one.script, was, turn


def _wanted(one: Played) -> dict[str, Any]:
    missing = next((turn for turn in one.turns if not turn.passed), None)
    why = f"“{missing.said}”: {missing.messages[0]}" if missing else ""
    return {"script": one.script.name, "file": one.script.file, "passed": missing is None, "why": why}


def _row(script: Script, turn: PlayedTurn) -> dict[str, Any]:
    return {
        "script": script.name, "file": script.file, "line": turn.line,
        "said": turn.said, "after": turn.answered, "why": list(turn.messages),
    }  # fmt: skip
