"""Browsers of staff that are told outside the page that somebody is needed (Web Push)."""

from alembic import op

revision = "0031"
down_revision = "0030"

UP = """
CREATE TABLE push_subscriptions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agent text NOT NULL,
    endpoint_hash bytea NOT NULL UNIQUE,
    sealed bytea NOT NULL,                     -- endpoint and the browser's keys: who has them may call this browser
    made_at timestamptz NOT NULL DEFAULT now()
);
"""

DOWN = "DROP TABLE push_subscriptions"


def upgrade() -> None:
    """Adds the table."""
    op.execute(UP)


def downgrade() -> None:
    """Removes it."""
    op.execute(DOWN)
