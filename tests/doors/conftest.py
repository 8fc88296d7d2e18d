"""Closes what the people at the doors opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Served
from tests.doors import people
from tests.doors.people import Store


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Closes every client of a test."""
    yield
    people.close_clients()


@pytest.fixture
def store(node: Served) -> Store:
    """The database of the module's node."""
    return Store(node.database_url)
