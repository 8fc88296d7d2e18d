"""A node whose content is a copy in a repository of its own: tests of the content staff never touch ours."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from assistant.settings import ROOT
from tests.conftest import Served, serve
from tests.console.conftest import Join, Open
from tests.kit import postgres
from tests.kit.colleagues import Colleague
from tests.kit.content import git


@dataclass
class Desk:
    """Where the content of the served node stands."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def scripts(self) -> Path:
        return self.folder / "scripts"

    def text(self, name: str) -> str:
        return (self.data / f"{name}.yml").read_text(encoding="utf-8")

    def git(self, *words: str) -> str:
        return git(self.folder, *words)

    def reset(self) -> None:
        """Puts the content back as it was at first."""
        first = self.git("rev-list", "--max-parents=0", "HEAD").strip()
        self.git("reset", "-q", "--hard", first)
        self.git("clean", "-qfd")


@pytest.fixture
def lan(joined: Join) -> Colleague:
    """Somebody who edits content."""
    return joined("content", shown="Trần Thị Lan")


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A copy of our content, committed."""
    folder = tmp_path_factory.mktemp("content")
    shutil.copytree(ROOT / "data", folder / "data")
    shutil.copy(ROOT / "domain.yml", folder / "domain.yml")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Nội dung ban đầu")
    return Desk(folder)


@pytest.fixture(scope="module")
def node(
    server_url: str, model_path: Path, content: Desk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A running demo node on that copy, with a database of its own."""
    served = serve(
        postgres.create(server_url), model_path, tmp_path_factory.mktemp("node"),
        CONTENT_DIR=str(content.data), SCRIPTS_DIR=str(content.scripts),
    )  # fmt: skip
    served.start()
    yield served
    served.stop()


def serious(page: Page) -> list[str]:
    """Returns what axe finds that keeps somebody out."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found if v["impact"] in ("serious", "critical")]


@pytest.fixture(autouse=True)
def refusals_expected(opened: Open) -> Iterator[None]:
    """A page that refuses (409, 413, 422) says so in words; that the browser tells of it, too, is no complaint."""
    yield
    said = opened.complaints  # type: ignore[attr-defined]
    said[:] = [each for each in said if not re.search(r"status of (?:4(?:04|09|13|22))", each)]


@pytest.fixture(autouse=True)
def content_reset(content: Desk, node: Served) -> Iterator[None]:
    """Each test begins with the content as it was."""
    yield
    content.reset()
