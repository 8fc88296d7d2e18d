"""Tests that need a served node."""

from tests.doors.conftest import clients_closed, store  # noqa: F401 - fixtures
