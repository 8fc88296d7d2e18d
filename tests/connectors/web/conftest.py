"""Tests that need a served node."""

from tests.connectors.web.browsing import browser, new_context, page, troubles  # noqa: F401 - fixtures
from tests.doors.conftest import clients_closed, store  # noqa: F401 - fixtures
