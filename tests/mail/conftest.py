"""Tests with a reset that sends letters, and a mailbox that takes them."""

from tests.accounts.conftest import mailbox, registry, resets  # noqa: F401 - fixtures
