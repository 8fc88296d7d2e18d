"""A run that is killed leaves neither a server nor a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from assistant.settings import ROOT
from tests.kit import reaper
from tests.kit.waiting import PATIENCE, until

_RUN = """
import os, subprocess, sys, time
from tests.kit import postgres, reaper
watching = reaper.watch()
with postgres.server() as url:
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(os.environ[reaper.MARK], postgres.folder(), flush=True)
    if sys.argv[1:] == ["wait"]:
        time.sleep(600)
"""


def _started(*words: str) -> tuple[subprocess.Popen[str], str, Path]:
    run = subprocess.Popen([sys.executable, "-c", _RUN, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    name, _, folder = run.stdout.readline().strip().partition(" ")
    assert Path(folder).is_dir()
    return run, name, Path(folder)


def test_a_killed_run_leaves_no_server_no_process_and_no_folder() -> None:
    run, name, folder = _started("wait")
    started = reaper.marked(name)
    with run:
        run.kill()
    assert len(started) >= 2  # the sleeper, PostgreSQL
    until(lambda: not reaper.marked(name) and not folder.exists())


def test_what_a_run_forgot_ends_with_it() -> None:
    run, name, folder = _started()
    with run:
        assert run.wait(PATIENCE) == 0
    until(lambda: not reaper.marked(name) and not folder.exists())
