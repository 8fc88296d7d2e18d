"""Nobody slips a model in: only archives that one of our keys signed are loaded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from assistant.model_store import signing
from assistant.model_store.signing import ModelRefused
from assistant.rasa import training
from assistant.settings import Settings, SettingsError
from tests.kit import warm


def given(model: Path, **names: str) -> Settings:
    """Settings that serve one model."""
    return Settings(model_path=str(model), models_dir=model.parent, **names)  # type: ignore[arg-type]


@pytest.fixture
def model(model_path: Path, tmp_path: Path) -> Path:
    """A model in a folder of its own, signed by the key made there."""
    copy = tmp_path / model_path.name
    shutil.copy(model_path, copy)
    signing.sign(copy, given(copy))
    return copy


def test_a_signed_model_is_loaded(model: Path) -> None:
    assert training.current_model(given(model)) == model


@pytest.mark.parametrize("at", [0, 1000, -1])
def test_a_model_with_one_changed_byte_is_refused(model: Path, at: int) -> None:
    content = bytearray(model.read_bytes())
    content[at] ^= 1
    model.write_bytes(content)
    with pytest.raises(ModelRefused, match="not signed by a key"):
        training.current_model(given(model))


def test_a_model_without_its_signature_is_refused(model: Path) -> None:
    signing.signature_path(model).unlink()
    with pytest.raises(ModelRefused, match="is not signed"):
        training.current_model(given(model))


@pytest.mark.parametrize("text", ["", "không phải chữ ký", "AAAA"])
def test_a_signature_that_is_none_is_refused(model: Path, text: str) -> None:
    signing.signature_path(model).write_text(text)
    with pytest.raises(ModelRefused):
        training.current_model(given(model))


def test_a_model_that_somebody_else_signed_is_refused_where_a_key_is_named(model: Path) -> None:
    _, ours = signing.new_key()
    with pytest.raises(ModelRefused, match="MODEL_PUBLIC_KEYS"):
        training.current_model(given(model, model_public_keys=ours))


def test_two_public_keys_are_good_while_a_key_is_being_changed(model: Path) -> None:
    old_private, old = signing.new_key()
    _, new = signing.new_key()
    signing.sign(model, given(model, model_signing_key=old_private))
    assert training.current_model(given(model, model_public_keys=f"{new}, {old}")) == model


@pytest.mark.parametrize("key", ["xyz", "AAAA", "ä"])
def test_a_key_that_is_none_is_named_in_the_error(model: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="MODEL_PUBLIC_KEYS"):
        training.current_model(given(model, model_public_keys=key))


def test_the_private_key_beside_the_models_is_for_its_owner_only(model: Path) -> None:
    assert (model.parent / "signing.key").stat().st_mode & 0o077 == 0


def test_a_node_does_not_start_with_a_model_that_was_exchanged(model: Path, tmp_path: Path) -> None:
    model.write_bytes(model.read_bytes() + b"\0")
    environment = os.environ | {"MODEL_PATH": str(model), "VAR_DIR": str(tmp_path / "var")}
    done = warm.run("parse", environment=environment, given='{"text": "xin chào"}')
    assert done.returncode != 0
    assert "not signed by a key" in done.stderr
    assert not done.stdout
