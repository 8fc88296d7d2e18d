"""A check that matched and was not told so is told apart from one that failed: honest people end a time of guessing."""

from alembic import op

revision = "0019"
down_revision = "0018"

# What is due matched; of what was sent before, nothing tells it any more, and it counts for a day at most.
UP = """
ALTER TABLE attempts ADD COLUMN matched boolean NOT NULL DEFAULT false;
UPDATE attempts SET matched = true WHERE due IS NOT NULL;
"""

DOWN = "ALTER TABLE attempts DROP COLUMN matched;"


def upgrade() -> None:
    """Adds the column."""
    op.execute(UP)


def downgrade() -> None:
    """Removes it."""
    op.execute(DOWN)
