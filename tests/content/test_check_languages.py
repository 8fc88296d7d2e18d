"""The content check names each fixed word that lacks in a language, at its line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.content.check import check
from assistant.content.check_languages import check_languages
from assistant.settings import ROOT

PARTS = ("web", "mail", "channels", "console", "buttons.yml", "desk.yml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The part of the content that holds fixed words."""
    for part in PARTS:
        given = ROOT / "data" / part
        (shutil.copytree if given.is_dir() else shutil.copy)(given, tmp_path / part)
    return tmp_path


def leaves(raw: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields where each text stands."""
    if isinstance(raw, dict):
        for name, value in raw.items():
            yield from leaves(value, (*place, name))
    elif isinstance(raw, list):
        for number, value in enumerate(raw):
            yield from leaves(value, (*place, number))
    elif isinstance(raw, str):
        yield place


def written(value: Any) -> str:
    return str(yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False))


def test_ours_is_complete() -> None:
    assert list(check_languages(ROOT / "data")) == []


@pytest.mark.parametrize(
    "name",
    [
        "web/pages.yml", "web/messages.yml", "channels/door_limits.yml", "channels/menu.yml", "buttons.yml",
        "mail/reset_link.yml", "mail/reset_attempts.yml", "mail/password_changed.yml", "mail/password_unconfirmed.yml",
        "mail/layout/closing.yml", "desk.yml",
    ],
)  # fmt: skip
def test_every_english_text_that_is_emptied_is_named(data: Path, name: str) -> None:
    raw = yaml.load((data / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    places = list(leaves(raw["en"]))
    assert places
    for place in places:
        emptied = yaml.load((data / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        branch = emptied["en"]
        for step in place[:-1]:
            branch = branch[step]
        branch[place[-1]] = ""
        (data / name).write_text(written(emptied), encoding="utf-8")
        [found] = check_languages(data)
        assert found.path == data / name
        assert found.is_error
        assert found.advice.startswith(f"{'.'.join(map(str, place))}: thiếu bản")
        (data / name).write_text(written(raw), encoding="utf-8")


def test_a_whole_part_that_is_missing_is_named_text_by_text(data: Path) -> None:
    path = data / "web/messages.yml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    del raw["en"]
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    assert len(list(check_languages(data))) == len(raw)


def test_a_button_that_is_too_long_in_english_is_named_at_its_line(data: Path) -> None:
    path = data / "buttons.yml"
    text = path.read_text(encoding="utf-8").replace("  cancel: Stop\n", "  cancel: Stop everything at once\n")
    path.write_text(text, encoding="utf-8")
    [found] = check_languages(data)
    assert text.splitlines()[found.line - 1].strip() == "cancel: Stop everything at once"
    assert "en.cancel" in found.advice


def test_a_prepared_answer_without_english_is_named(data: Path) -> None:
    path = data / "console/canned.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    del entries[1]["en"]
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    [found] = check_languages(data)
    assert entries[1]["title"] in found.advice


def test_the_whole_check_says_it_too(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    path = data / "channels/door_limits.yml"
    path.write_text(path.read_text(encoding="utf-8").partition("en:")[0], encoding="utf-8")
    found = [each for each in check(ROOT, data=data) if each.path == path]
    assert len(found) == 2
