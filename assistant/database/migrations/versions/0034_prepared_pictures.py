"""Pictures of ours that answers and agents show, and messages of agents that carry one."""

from alembic import op

revision = "0034"
down_revision = "0033"

UP = """
CREATE TABLE pictures (
    name text PRIMARY KEY,                     -- by what is in it: a name never shows something else
    title text NOT NULL,                       -- what is to be seen
    width int NOT NULL,
    height int NOT NULL,
    content bytea NOT NULL,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz                     -- it is offered no more; what was said with it goes on showing it
);
ALTER TABLE desk_held ADD COLUMN media jsonb;
"""

DOWN = """
ALTER TABLE desk_held DROP COLUMN media;
DROP TABLE pictures;
"""


def upgrade() -> None:
    """Adds them."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
