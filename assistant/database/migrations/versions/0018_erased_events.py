"""What tells an old event of an erased person when it comes again: keyed hashes, nobody's data."""

from alembic import op

revision = "0018"
down_revision = "0017"

UP = """
CREATE TABLE erased_events (
    mark text PRIMARY KEY,                     -- keyed hash of an event that was erased, or of a person
    sent_before timestamptz,                   -- of a person: what their platform sent before it is old
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX erased_events_at ON erased_events (at);
"""

DOWN = "DROP TABLE erased_events;"


def upgrade() -> None:
    """Adds the table."""
    op.execute(UP)


def downgrade() -> None:
    """Removes it."""
    op.execute(DOWN)
