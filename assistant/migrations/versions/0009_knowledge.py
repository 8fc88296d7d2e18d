"""What is learned from conversations, and releases."""

from alembic import op

revision = "0009"
down_revision = "0008"

UP = ""

DOWN = ""


def upgrade() -> None:
    if UP:
        op.execute(UP)


def downgrade() -> None:
    if DOWN:
        op.execute(DOWN)
