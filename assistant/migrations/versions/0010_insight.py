"""Many nodes."""

from alembic import op

revision = "0010"
down_revision = "0009"

UP = ""

DOWN = ""


def upgrade() -> None:
    if UP:
        op.execute(UP)


def downgrade() -> None:
    if DOWN:
        op.execute(DOWN)
