"""Rasa's own command line on this project: each command works, or says in one sentence what does it instead.

One command of each kind (of words alone, of data, of a training, of a model that is served or talks at the terminal)
runs in a Python of its own, the others in a fork of one that has imported Rasa's trainer.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.accounts.demo_members import MEMBERS
from assistant.settings import ROOT
from tests.kit import warm
from tests.kit.ports import free_port
from tests.kit.waiting import PATIENCE

SECONDS = 600
pytestmark = [pytest.mark.dear(90), pytest.mark.timeout(2 * SECONDS)]


@pytest.fixture
def environment(database_url: str, model_path: Path, tmp_path: Path) -> dict[str, str]:
    var = tmp_path / "var"
    return os.environ | {"DATABASE_URL": database_url, "MODEL_PATH": str(model_path), "VAR_DIR": str(var)}


def _rasa(environment: dict[str, str], *words: str, where: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return warm.run("rasa", *words, environment=environment, timeout=SECONDS, cwd=where)


def _anew(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a Python of its own, which imports what the command needs and nothing before it."""
    return subprocess.run(
        [sys.executable, "-m", "assistant.cli", "rasa", *words], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _works(environment: dict[str, str], *words: str, where: Path = ROOT) -> str:
    return _good(_rasa(environment, *words, where=where))


def _good(done: subprocess.CompletedProcess[str]) -> str:
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("x", "/console"),
        ("export", "assistant export"),
        ("telemetry enable", "/metrics"),
        ("evaluate markers all out.csv", "/console/insight"),
        ("data migrate", "3.x"),
        ("interactive core", "assistant rasa interactive"),
    ],
)
def test_says_in_a_sentence_what_to_use(environment: dict[str, str], line: str, instead: str) -> None:
    done = _rasa(environment, *line.split())
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert instead in done.stderr


def test_version_and_telemetry(environment: dict[str, str]) -> None:
    assert "3.6.21" in _good(_anew(environment, "--version"))
    assert "Disabled" in _works(environment, "telemetry", "disable")


def test_help_is_rasas_own(environment: dict[str, str]) -> None:
    assert "visualize" in _works(environment, "--help")
    assert "--conversation-id" in _works(environment, "shell", "--help")


def test_data_validate_has_nothing_to_say(environment: dict[str, str]) -> None:
    said = _works(environment, "data", "validate", "--fail-on-warnings")
    assert "Warning" not in said
    assert "No story structure conflicts found" in said
    assert "No story structure conflicts found" in _good(_anew(environment, "data", "validate", "stories"))


def test_data_is_split_and_converted(environment: dict[str, str], tmp_path: Path) -> None:
    _works(environment, "data", "split", "nlu", "--out", str(tmp_path / "split"))
    assert "faq" in (tmp_path / "split" / "test_data.yml").read_text(encoding="utf-8")
    _works(environment, "data", "split", "stories", "--out", str(tmp_path / "stories"))
    _works(environment, "data", "convert", "nlu", "-f", "json", "--data", "data", "--out", str(tmp_path / "nlu.json"))
    examples = json.loads((tmp_path / "nlu.json").read_text(encoding="utf-8"))["rasa_nlu_data"]["common_examples"]
    assert {"faq/hotline", "reset_password"} <= {example["intent"] for example in examples}


def test_test_stories_are_run(environment: dict[str, str], tmp_path: Path) -> None:
    said = _works(environment, "test", "core", "--out", str(tmp_path / "good"), "--fail-on-prediction-errors")
    assert "Accuracy:         1.000" in said
    bad = tmp_path / "test_bad.yml"
    story = (ROOT / "tests" / "test_stories.yml").read_text(encoding="utf-8")
    bad.write_text(story.replace("action: utter_thank", "action: utter_goodbye"), encoding="utf-8")
    words = ("test", "core", "-s", str(bad), "--e2e", "--out", str(tmp_path / "bad"), "--fail-on-prediction-errors")
    assert _rasa(environment, *words).returncode != 0


def test_a_new_project_is_made_trained_and_understood(environment: dict[str, str], tmp_path: Path) -> None:
    _works(environment, "init", "--init-dir", str(tmp_path), where=tmp_path)
    assert list((tmp_path / "models").glob("*.tar.gz"))
    found = re.search(r"Accuracy: +([\d.]+)", _works(environment, "test", "core", where=tmp_path))
    assert found
    assert float(found[1]) == 1


def test_a_graph_is_drawn(environment: dict[str, str], tmp_path: Path) -> None:
    _works(environment, "visualize", "--out", str(tmp_path / "graph.html"))
    assert "action_faq" in (tmp_path / "graph.html").read_text(encoding="utf-8")


def test_a_part_is_trained_by_itself(environment: dict[str, str], tmp_path: Path) -> None:
    _good(_anew(environment, "train", "core", "--out", str(tmp_path)))
    assert list(tmp_path.glob("core-*.tar.gz"))


def test_what_goes_wrong_is_a_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    done = _rasa(environment, "data", "convert", "nlu", "-f", "yaml", "--data", "nowhere", "--out", str(tmp_path / "x"))
    assert done.returncode == 1
    assert "nowhere" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


# ---- talking


def _post(port: int, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(params=["run", "actions"])
def served(request: pytest.FixtureRequest, environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    words = ["run", *(["actions"] if request.param == "actions" else []), "--port", str(port)]
    with (tmp_path / "served.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "rasa", *words], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{'health' if len(words) == 4 else ''}", timeout=2)
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail((tmp_path / "served.log").read_text(encoding="utf-8")[-2000:])
        yield request.param, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_run_serves_actions_with_sample_members(served: tuple[str, int]) -> None:
    kind, port = served
    if kind == "actions":
        call = {"next_action": "action_ask_human", "sender_id": "a", "domain": {}, "version": "3.6.2",
                "tracker": {"sender_id": "a", "slots": {}, "latest_message": {}, "events": [], "paused": False,
                            "followup_action": None, "active_loop": {}, "latest_action_name": None}}  # fmt: skip
        (said,) = _post(port, "/webhook", call)["responses"]
        assert said["response"] == "utter_desk_away"
        return
    member = next(member for member in MEMBERS if member.email and member.phones)
    texts = ("mất sim thì làm sao", "em quên mật khẩu", f"mã số {member.code}, số điện thoại {member.phones[0]}")
    answers = [_post(port, "/webhooks/rest/webhook", {"sender": "a", "message": text}) for text in texts]
    assert "Mất số đã đăng ký" in str(answers[0])
    assert "Thông tin của bạn khớp" in answers[2][0]["text"]
    assert member.email not in str(answers)


def test_shell_answers_on_the_terminal(environment: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "assistant.cli", "rasa", "shell", "--port", str(free_port())]
    shell = subprocess.Popen(
        words, cwd=ROOT, env=environment | {"TERM": "dumb"}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    terminal = _Terminal(ours)
    try:
        terminal.read_until("Your input")
        os.write(ours, "mất sim thì làm sao\r".encode())
        terminal.read_until("Mất số đã đăng ký")
        terminal.read_until("Type out your own message")  # the last of the reply's buttons
        os.write(ours, b"\x1b[A")
        terminal.read_until("» Type out")
        os.write(ours, b"\r")
        terminal.read_until("Your input")
        os.write(ours, b"/stop\r")
        assert shell.wait(PATIENCE) == 0
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(theirs)


class _Terminal:
    """Reads what a terminal shows; what came beyond the words waited for is kept for the next wait."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor, self.shown = descriptor, b""

    def read_until(self, words: str) -> None:
        """Waits for words and takes what stands up to them."""
        wanted, end = words.encode(), time.monotonic() + SECONDS
        while wanted not in self.shown:
            assert time.monotonic() < end, self.shown.decode(errors="replace")[-2000:]
            if select.select([self.descriptor], [], [], 1)[0]:
                self.shown += os.read(self.descriptor, 4096)
        self.shown = self.shown.partition(wanted)[2]
