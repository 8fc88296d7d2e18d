"""Where pictures of chats with an agent are is found, so that it is forgotten."""

from alembic import op

from assistant.database.online import make_index

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Adds the index: of the few messages that have one."""
    make_index(op, "inbox_pictures", "inbox (conversation) WHERE body ? 'picture'")


def downgrade() -> None:
    """Removes it."""
    op.execute("DROP INDEX inbox_pictures")
