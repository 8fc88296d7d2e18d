"""The trained model as the tests of the understanding use it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation import measure
from assistant.evaluation.measure import Report
from assistant.rasa.host import Parser
from assistant.settings import ROOT


@pytest.fixture(scope="session")
def parser(model_path: Path) -> Iterator[Parser]:
    """A loaded model of the present content."""
    loaded = Parser(model_path)
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def report(parser: Any) -> Report:
    """What the model makes of all gold texts."""
    return measure.evaluate(parser.parse, ROOT)
