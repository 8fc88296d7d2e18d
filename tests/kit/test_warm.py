"""What was forked is a command like any other: its own words, environment, files, folder, signals and end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.kit import warm
from tests.kit.nodes import serve
from tests.kit.waiting import PATIENCE, until


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
    assert warm.starts_anew(["train"], os.environ)
    assert warm.starts_anew(["content", "check"], os.environ)
    monkeypatch.setenv("SECRETS_DIR", "/run/secrets")
    assert warm.starts_anew(["serve"], os.environ)
