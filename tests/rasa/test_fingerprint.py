"""What trains a model anew, and what does not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.rasa.fingerprint import CODE, fingerprint
from tests.conftest import ROOT

_TOPIC = "data/faq/hotline.yml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of all that a model is made from, and of what it is not."""
    for name in ("domain.yml", "config.yml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("data", "assistant"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        path = tree / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _append(file: str, text: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        with (tree / file).open("a", encoding="utf-8") as opened:
            opened.write(text)

    return change


@pytest.mark.parametrize(
    "change",
    [
        _append("data/mail/reset_link.yml", "\n# một dòng\n"),
        _append("data/desk.yml", "\n# một dòng\n"),
        _append("data/guides/add_email.yml", "\n# một dòng\n"),
        _replace(_TOPIC, "answer: |-\n", "answer: |-\n  Câu này mới.\n"),
        _replace("domain.yml", "  - text: ", "  - text: Dạ, "),
        _append("assistant/dialogue/context.py", "\n# a line\n"),
        _append("assistant/rasa/host.py", "\n# a line\n"),
        _append("assistant/reading/topic_rules.py", "\n# a line\n"),
    ],
    ids=["letter", "desk hours", "guide", "answer", "wording", "context", "host", "rule of a decision"],
)
def test_what_training_does_not_read_trains_nothing(tree: Path, change: Callable[[Path], None]) -> None:
    before = fingerprint(tree)
    change(tree)
    assert fingerprint(tree) == before


@pytest.mark.parametrize(
    "change",
    [
        _replace(_TOPIC, "questions:\n", "questions:\n  - gọi số nào thì có người nghe máy vậy\n"),
        _append("data/dialogue/greet.yml", "    - xin chào bạn nhé nha\n"),
        _append("data/rules/small_talk.yml", "\n# một dòng\n"),
        _append("data/provinces.yml", "\n# một dòng\n"),
        _replace("domain.yml", "responses:\n", "responses:\n  utter_brand_new:\n  - text: Mới.\n"),
        _append("config.yml", "\n# một dòng\n"),
        _append("assistant/nlu/features.py", "\n# a line\n"),
        _append("assistant/identifiers/numbers.py", "\n# a line\n"),
    ],
    ids=["question", "example", "rule", "provinces", "response", "pipeline", "features", "identifiers"],
)
def test_what_training_reads_trains_anew(tree: Path, change: Callable[[Path], None]) -> None:
    before = fingerprint(tree)
    change(tree)
    assert fingerprint(tree) != before


def test_the_code_of_a_training_is_all_there() -> None:
    code = (
        "import sys\nfrom assistant.rasa.slim_boot import boot\nboot(serving=False)\nbefore = set(sys.modules)\n"
        "import assistant.rasa.importer, assistant.nlu.components\n"
        "names = {n for n in sys.modules if n.startswith('assistant.')} - (before - {'assistant.identifiers'})\n"
        "print(*sorted(sys.modules[n].__file__ for n in names))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [Path(name).relative_to(ROOT).as_posix() for name in done.stdout.strip().splitlines()[-1].split()]
    assert len(files) > 20
    # Where files lie, and what a message means once it is read, is nothing that is learned.
    no_part = ("assistant/settings/", "assistant/reading/")
    outside = [name for name in files if not name.endswith("__init__.py") and not name.startswith((*CODE, *no_part))]
    assert outside == []
