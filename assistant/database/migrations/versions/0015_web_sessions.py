"""Which cookie of a web conversation is the present one; conversations whose secret never changed have no row."""

from alembic import op

revision = "0015"
down_revision = "0014"

UP = """
CREATE TABLE web_sessions (
    conversation text PRIMARY KEY,             -- no reference: it outlives an erasure, so that its reply is seen
    number int NOT NULL,
    seen boolean NOT NULL DEFAULT false,       -- whether the browser came back with this number
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX web_sessions_made ON web_sessions (made_at);
"""

DOWN = "DROP TABLE web_sessions;"


def upgrade() -> None:
    """Adds the table."""
    op.execute(UP)


def downgrade() -> None:
    """Removes it."""
    op.execute(DOWN)
