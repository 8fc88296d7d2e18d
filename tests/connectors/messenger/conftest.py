"""Closes what the people at the doors opened."""

from tests.doors.conftest import clients_closed, store

__all__ = ["clients_closed", "store"]
