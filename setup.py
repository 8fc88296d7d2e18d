"""Puts the content into what is installed: a wheel has no checkout beside it (assistant/settings/places.py)."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
SHIPPED = "assistant/shipped"
FILES = ("domain.yml", "config.yml", "endpoints.yml", "credentials.yml")
#: The synthetic platforms of the demo: a checkout has them, what serves people does not.
APART = "sandbox"


class BuildWithContent(build_py):
    """Builds the packages of a server and the content they answer from; an editable installation has the checkout."""

    def finalize_options(self) -> None:
        """Leaves out what a server does not need."""
        super().finalize_options()
        if not self.editable_mode:
            self.packages = [name for name in self.packages if name.partition(".")[0] != APART]

    def run(self) -> None:
        """Builds the packages and copies the content among them."""
        super().run()
        if not self.editable_mode:
            _ship(Path(self.build_lib) / SHIPPED)


def _ship(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(ROOT / "data", place / "data")
    shutil.copytree(ROOT / "tests/nlu", place / "evaluation", ignore=_code)
    shutil.copytree(ROOT / "tests/conversations/scripts", place / "evaluation/conversations", ignore=_code)
    for name in FILES:
        shutil.copy(ROOT / name, place / name)


def _code(folder: str, names: list[str]) -> set[str]:
    """Returns what is no gate, no text and no conversation to measure by."""
    folders = {name for name in names if (Path(folder) / name).is_dir()} - {"__pycache__"}
    return {name for name in names if Path(name).suffix not in {".yml", ".jsonl"}} - folders


setup(cmdclass={"build_py": BuildWithContent})
