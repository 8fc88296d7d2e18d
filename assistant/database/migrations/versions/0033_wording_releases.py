"""Releases that change wording alone, and the second person who approves one; turns say which release answered."""

from alembic import op

revision = "0033"
down_revision = "0032"

UP = """
ALTER TABLE turns ADD COLUMN release bigint;       -- what was live where it was answered; NULL: a node's own model
ALTER TABLE releases
    ADD COLUMN wording boolean NOT NULL DEFAULT false,  -- it holds the model of `against`: nothing was learned anew
    ADD COLUMN straight boolean NOT NULL DEFAULT false, -- it becomes live by itself once it has passed
    ADD COLUMN seconds_left int,                   -- how long the build is likely to take yet; NULL: nobody knows
    ADD COLUMN approver text,                      -- sign-in name of the second person who let it go live
    ADD COLUMN approver_shown text,
    ADD COLUMN approved_at timestamptz;
"""

DOWN = """
ALTER TABLE releases DROP COLUMN wording, DROP COLUMN straight, DROP COLUMN seconds_left, DROP COLUMN approver,
    DROP COLUMN approver_shown, DROP COLUMN approved_at;
ALTER TABLE turns DROP COLUMN release;
"""


def upgrade() -> None:
    """Adds the columns."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
