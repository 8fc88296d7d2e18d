"""Several official accounts, their tokens and windows."""

from alembic import op

revision = "0006"
down_revision = "0005"

UP = ""

DOWN = ""


def upgrade() -> None:
    if UP:
        op.execute(UP)


def downgrade() -> None:
    if DOWN:
        op.execute(DOWN)
