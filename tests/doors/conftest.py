"""Closes what the people at the doors opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Served
from tests.kit import people
from tests.kit.people import Store

# A busy machine takes its time; what is wrong stays wrong for fifteen seconds too.


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Closes every client of a test."""
    yield
    people.close_clients()


@pytest.fixture
def store(node: Served) -> Store:
    """The database of the module's node."""
    return Store(node.database_url)
