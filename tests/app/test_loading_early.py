"""While PostgreSQL starts, the model that it will probably name is loaded; none that may not be needed, nor trusted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.app import server
from assistant.model_store import signing
from assistant.release import archive
from assistant.settings import Settings


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The models that were loaded."""
    found: list[Path] = []

    def note(model: Path, settings: Settings) -> Path:
        found.append(model)
        return model

    monkeypatch.setattr(server, "_load", note)
    return found


def _settings(model: Path, folder: Path, **given: str) -> Settings:
    return Settings(assistant_mode="demo", model_path=str(model), var_dir=folder, database_url="", **given)


def test_the_model_is_loaded_while_the_database_starts(model_path: Path, tmp_path: Path, loaded: list[Path]) -> None:
    server._import_and_load(_settings(model_path, tmp_path))
    assert loaded == [model_path]


def test_not_where_the_database_is_up_or_a_release_was_live(
    model_path: Path, tmp_path: Path, loaded: list[Path]
) -> None:
    settings = _settings(model_path, tmp_path)
    server._import_and_load(settings.model_copy(update={"database_url": "postgresql://127.0.0.1/none"}))
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/postmaster.pid").touch()
    server._import_and_load(settings)
    (tmp_path / "postgres/postmaster.pid").unlink()
    archive.folder_of(settings).mkdir(parents=True)
    server._import_and_load(settings)
    assert loaded == []


def test_no_model_that_nobody_signed(model_path: Path, tmp_path: Path, loaded: list[Path]) -> None:
    other = tmp_path / model_path.name
    shutil.copy(model_path, other)
    server._import_and_load(_settings(other, tmp_path))
    signing.signature_path(other).write_text("bm9uZQ==")
    server._import_and_load(_settings(other, tmp_path))
    assert loaded == []
