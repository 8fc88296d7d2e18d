"""What was forked is a command like any other: its own words, environment, files, folder, signals and end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from assistant.settings import ROOT
from tests.kit import warm
from tests.kit.nodes import serve
from tests.kit.waiting import COMMAND, PATIENCE, until


def test_has_the_environment_it_is_given_and_no_other(tmp_path: Path) -> None:
    changed = tmp_path / "limits.yml"
    changed.write_text("lock_minutes: 15")
    for environment, marked in ((os.environ | {"LIMITS_FILE": str(changed)}, 1), ({**os.environ}, 0)):
        done = warm.run("limits", environment=environment)
        assert done.returncode == 0, done.stderr
        assert sum(line.startswith("*") for line in done.stdout.splitlines()) == marked


def test_ends_with_its_own_code_and_words() -> None:
    done = warm.run("no-such-command", environment=os.environ)
    assert done.returncode == 2
    assert "no-such-command" in done.stderr
    assert not done.stdout


def test_a_killed_one_says_so(database_url: str, model_path: Path, tmp_path: Path) -> None:
    apart = serve(database_url, model_path, tmp_path)
    apart.start()
    assert isinstance(apart.process, warm.Forked)
    children = psutil.Process(apart.process.pid).children()
    with pytest.raises(subprocess.TimeoutExpired):
        apart.process.wait(0)
    assert apart.process.poll() is None
    apart.kill()
    assert apart.process.returncode == -signal.SIGKILL
    apart.process.terminate()  # nobody else who has its number by now
    until(lambda: not any(child.is_running() for child in children), PATIENCE)


def test_what_is_read_at_the_start_gets_a_python_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not warm.starts_anew(["serve"], os.environ | {"PORT": "1"})
    assert warm.starts_anew(["serve"], os.environ | {"SECRETS_DIR": "/run/secrets"})
    assert warm.starts_anew(["serve"], os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
    monkeypatch.setenv("SECRETS_DIR", "/run/secrets")
    assert warm.starts_anew(["serve"], os.environ)


def test_what_a_fork_starts_is_forked_and_ends_with_whoever_started_it(tmp_path: Path) -> None:
    story = tmp_path / "story.yml"
    story.write_text("stories:\n- story: a\n  steps:\n  - intent: gret\n  - action: utter_greet\n", encoding="utf-8")
    command = [warm.python(), "-m", "assistant.cli", "story", "check", str(story)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=COMMAND)
    assert done.returncode == 1
    assert "“gret”" in done.stdout
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as started:
        (fork,) = until(lambda: forks_of_trainer(tmp_path))
        started.kill()
    until(lambda: not fork.is_running() or fork.status() == psutil.STATUS_ZOMBIE)


def forks_of_trainer(folder: Path) -> list[psutil.Process]:
    """Returns those that run in a folder: other workers have theirs."""
    return [each for each in psutil.Process(warm.forking("training")).children() if _folder_of(each) == str(folder)]


def _folder_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return str(process.cwd())
    return ""


def test_one_process_forks_for_all_workers_and_ends_with_the_last() -> None:
    command = [sys.executable, "-c", "from tests.kit import warm; print(warm.forking('serving'))"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def another(**more: str) -> int:
        done = subprocess.run(
            command, env=environment | more, capture_output=True, text=True, check=True, timeout=COMMAND
        )
        return int(done.stdout)

    ours = warm.forking("serving")
    assert another() == ours
    assert psutil.pid_exists(ours)
    with tempfile.TemporaryDirectory() as folder:  # names of sockets are short
        theirs = another(TMPDIR=folder)  # as in a run of its own
    assert theirs != ours
    until(lambda: not psutil.pid_exists(theirs) or psutil.Process(theirs).status() == psutil.STATUS_ZOMBIE)


def test_what_is_not_to_be_forked_is_a_new_python() -> None:
    command = [warm.python(), "-c", "print(__import__('os').getppid())"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND)
    assert (done.returncode, done.stdout.strip()) == (0, str(os.getpid()))
