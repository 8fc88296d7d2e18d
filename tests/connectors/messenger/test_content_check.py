"""The content check says what Messenger would not take."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.settings import ROOT
from connectors.messenger.content_check import check_content


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "domain.yml", tmp_path / "domain.yml")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path


def _found(root: Path) -> str:
    return "\n".join(finding.line_of_text(root) for finding in check_content(root, root / "data"))


def test_the_present_content_is_good() -> None:
    assert list(check_content(ROOT, ROOT / "data")) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('payload: "#advise"}', 'payload: "#advice"}', "#advice"), ("get_started: ", "get_start: ", "get_start"),
     ('"#faq/scam"', '"#faq/scams"', "#faq/scams"),
     ("Gặp nhân viên,", "Gặp nhân viên trực của cơ quan BHXH,", "title"),
     ("    - Help me choose a way\n", "", "en.persistent_menu"), ("\nen:\n", "\nenglish:\n", "en"),
     ("  link_button: Open the page\n", "", "en.link_button"),
     ("Talk to a person", "Talk to a person of the social insurance", "en.persistent_menu")],
)  # fmt: skip
def test_words_that_are_wrong(root: Path, old: str, new: str, said: str) -> None:
    path = root / "data/channels/messenger.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    found = _found(root)
    assert said in found
    assert "data/channels/messenger.yml:" in found


def test_replies_that_do_not_fit(root: Path) -> None:
    path = root / "data/dialogue_responses/advice.yml"
    buttons = "".join(f'        - {{title: "Nút số {n}", payload: "#affirm"}}\n' for n in range(14))
    path.write_text(
        "responses:\n  utter_long:\n    - text: "
        + "dài " * 600
        + "\n  utter_many:\n    - text: a\n      buttons:\n"
        + buttons
        + '  utter_title:\n    - text: a\n      buttons:\n        - {title: Một cái tên quá dài để, payload: "#a"}\n'
        + '  utter_same:\n    - text: a\n      buttons:\n        - {title: Có, payload: "#affirm"}\n'
        + '        - {title: "có ", payload: "#deny"}\n',
        encoding="utf-8",
    )
    found = _found(root)
    for said in ("utter_long dài", "utter_many có 14 nút", "Một cái tên quá dài", "utter_same có hai nút"):
        assert said in found
    assert found.count("LỖI") == 3
