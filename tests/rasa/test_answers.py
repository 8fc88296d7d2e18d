"""A changed answer is said by the model that is there; nothing is trained for it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assistant.privacy.vault import Vault
from assistant.rasa.host import AgentHost
from assistant.settings import ROOT
from tests.kit.talk import KEY, Talk, registry_with_members

_ADDED = "Câu này vừa được thêm sáng nay."


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The content with another answer and another greeting."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    topic = data / "faq/hotline.yml"
    text = topic.read_text(encoding="utf-8")
    assert "answer: |-\n" in text
    topic.write_text(text.replace("answer: |-\n", f"answer: |-\n  {_ADDED}\n", 1), encoding="utf-8")
    return data


@pytest.fixture
def talk(database_url: str, model_path: Path, content: Path, tmp_path: Path) -> Iterator[Talk]:
    """A person before a model that was trained before the answer changed; it lies apart, as another process's."""
    (tmp_path / "elsewhere").mkdir()
    model = Path(shutil.copy(model_path, tmp_path / "elsewhere" / "model.tar.gz"))
    with (
        closing(registry_with_members(database_url)) as registry,
        closing(AgentHost(model, content, registry, Vault([KEY]), "https://tro-ly.example")) as host,
    ):
        connection: psycopg.Connection[Any]
        with psycopg.connect(database_url, autocommit=True) as connection:
            yield Talk(host, connection, Vault([KEY]))


def test_a_changed_answer_is_said_by_the_model_that_is_there(talk: Talk) -> None:
    said = talk.press("#faq/hotline")
    assert any(_ADDED in reply["text"] for reply in said)
