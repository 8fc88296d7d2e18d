"""Completed resets are counted by the hour beside failed checks: nobody makes failing usual who cannot complete any."""

from alembic import op

revision = "0020"
down_revision = "0019"

UP = """
ALTER TABLE check_counts ADD COLUMN completed integer NOT NULL DEFAULT 0;
INSERT INTO check_counts (hour, channel, failed, completed)
SELECT date_trunc('hour', used_at), split_part(person, ':', 1), 0, count(*) FROM resets
WHERE used_at > now() - interval '8 days' GROUP BY 1, 2
ON CONFLICT (hour, channel) DO UPDATE SET completed = excluded.completed;
"""

DOWN = "ALTER TABLE check_counts DROP COLUMN completed;"


def upgrade() -> None:
    """Adds the column, filled with the week behind us."""
    op.execute(UP)


def downgrade() -> None:
    """Removes it."""
    op.execute(DOWN)
