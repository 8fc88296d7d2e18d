"""What was forked is a command like any other: its own words, environment, files, folder, signals and end."""

from __future__ import annotations

import os
import signal
import subprocess
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
    forks = forks_of_trainer()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as started:
        (fork,) = until(lambda: forks_of_trainer() - forks)
        started.kill()
    until(lambda: not fork.is_running() or fork.status() == psutil.STATUS_ZOMBIE)


def forks_of_trainer() -> set[psutil.Process]:
    own = psutil.Process().children()
    trainer = next(each for each in own if each.cmdline()[2:4] == ["tests.kit.warm", "training"])
    return set(trainer.children())


def test_what_is_not_to_be_forked_is_a_new_python() -> None:
    command = [warm.python(), "-c", "print(__import__('os').getppid())"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND)
    assert (done.returncode, done.stdout.strip()) == (0, str(os.getpid()))
