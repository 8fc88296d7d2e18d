"""What a migration does while nodes work: an index of a table that is in use is made beside it.

The rule (docs/deploy.md, Changing the schema; tests/deploy/test_migrate.py holds migrations to it): a version expands,
so that the version before works on; another, later one, contracts, and raises the floor.
"""

from __future__ import annotations

from typing import Any


def make_index(op: Any, name: str, of: str) -> None:
    """Makes an index (`of`: "table (column) WHERE …") without holding up who writes to the table; safe to repeat."""
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for who began before it, and nobody waits for it
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # a try that was broken off leaves an invalid one
        op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {of}")
        op.execute("SET lock_timeout = '2s'")


def raise_floor(op: Any, revision: str) -> None:
    """Ends what older versions need: from now on only those work that know the schema up to `revision`."""
    op.execute(f"UPDATE schema_floor SET revision = '{revision}'")
