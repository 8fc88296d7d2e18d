"""A platform that takes no call of ours costs the person no ring: how often it refused is counted by itself."""

from alembic import op

revision = "0037"
down_revision = "0034"

UP = """
ALTER TABLE phone_callbacks ADD COLUMN failures smallint NOT NULL DEFAULT 0;
"""

DOWN = """
ALTER TABLE phone_callbacks DROP COLUMN failures;
"""


def upgrade() -> None:
    """Adds the column."""
    op.execute(UP)


def downgrade() -> None:
    """Removes it."""
    op.execute(DOWN)
