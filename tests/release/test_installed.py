"""Before the first release nothing that staff saved goes live, also where a server starts anew."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from assistant.content.library import Library
from assistant.editing.history import Author
from assistant.editing.saving import Editor, Wanted
from assistant.rasa import training
from assistant.release import archive, content, installed
from assistant.release.content import versions
from assistant.settings import ROOT, Settings
from tests.release.test_store import Connection

LAN = Author("lan", "Trần Thị Lan")
ASKED = tuple(f"em hỏi giờ mở cửa {where}" for where in ("ở xã", "ở phường", "ở quận cũ", "ngày lễ", "cuối tuần"))


@pytest.fixture
def settings(model_path: Path, tmp_path: Path) -> Settings:
    """Settings of a server whose content staff edit; its model was trained before they did."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return Settings(
        models_dir=model_path.parent, var_dir=tmp_path / "var", content_dir=tmp_path / "data", model_path=""
    )


@pytest.fixture
def library(settings: Settings) -> Library:
    return Library(settings.content_dir)


def edit(connection: Connection, library: Library, name: str, **changed: Any) -> None:
    """Saves a topic as the console does."""
    held = library.held(name)
    assert held is not None
    assert held.topic is not None
    with connection.transaction():
        Editor(library).save(connection, Wanted(dataclasses.replace(held.topic, **changed), held.version), LAN)


def test_what_nobody_changed_is_served_as_it_is(connection: Connection, settings: Settings) -> None:
    assert installed.settings_of(connection, settings) is settings


def test_a_server_that_starts_anew_serves_what_was_installed(
    connection: Connection, settings: Settings, library: Library, model_path: Path
) -> None:
    before = versions(settings.content_dir)
    edit(connection, library, "office", questions=ASKED, answer="Một câu trả lời chưa ai kiểm tra.")
    assert versions(settings.content_dir) != before
    served = installed.settings_of(connection, settings)
    model = Path(served.model_path)
    assert model.name == model_path.name, "the model of the time before, and no training"
    assert versions(training.content_with(model, served)) == before
    assert archive.is_installed(model, settings)
    assert not archive.is_installed(model_path, settings)
    assert installed.settings_of(connection, settings).model_path == served.model_path
    edit(connection, library, "hotline", answer="Một câu khác chưa ai kiểm tra.")
    again = installed.settings_of(connection, settings)
    assert versions(training.content_with(Path(again.model_path), again)) == before


def test_a_named_model_is_served_as_it_is(connection: Connection, settings: Settings, library: Library) -> None:
    edit(connection, library, "office", answer="Một câu trả lời chưa ai kiểm tra.")
    named = settings.model_copy(update={"model_path": "models/named.tar.gz"})
    assert installed.settings_of(connection, named) is named


def test_new_renamed_and_retired_topics_are_taken_back(
    connection: Connection, settings: Settings, library: Library, tmp_path: Path
) -> None:
    before = versions(settings.content_dir)
    editor = Editor(library)
    form = library.held("form_02")
    assert form is not None
    assert form.topic is not None
    with connection.transaction():
        new = dataclasses.replace(form.topic, name="moi", title="Chủ đề mới", questions=ASKED)
        editor.save(connection, Wanted(new, ""), LAN, "created")
        editor.rename(connection, "moi", "moi_hon", library.held("moi").version, LAN)  # type: ignore[union-attr]
        editor.retire(connection, "form_02", form.version, LAN)
    edit(connection, library, "office", answer="Lần một.")
    edit(connection, library, "office", answer="Lần hai.")
    copy = tmp_path / "copy"
    content.snapshot(connection, settings.content_dir, copy)
    assert content.take_back(connection, copy)
    assert versions(copy) == before


def test_what_was_changed_past_the_console_stays(
    connection: Connection, settings: Settings, library: Library, tmp_path: Path
) -> None:
    edit(connection, library, "office", answer="Ở bàn làm việc.")
    file = settings.content_dir / "faq/office.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("Ở bàn làm việc.", "Sửa tay."), encoding="utf-8")
    copy = tmp_path / "copy"
    content.snapshot(connection, settings.content_dir, copy)
    assert not content.take_back(connection, copy)
    assert "Sửa tay." in (copy / "faq/office.yml").read_text(encoding="utf-8")
