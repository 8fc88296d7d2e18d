"""What a conversation in context needs: how a turn was read, and the masked address that a letter of ours went to."""

from alembic import op

revision = "0013"
down_revision = "0012"

UP = """
ALTER TABLE turns ADD COLUMN reading jsonb;
ALTER TABLE resets ADD COLUMN masked_email text;   -- as it was shown, never the address
CREATE INDEX questions_of_conversation ON questions (conversation) WHERE answered_at IS NULL;
"""

DOWN = """
DROP INDEX questions_of_conversation;
ALTER TABLE resets DROP COLUMN masked_email;
ALTER TABLE turns DROP COLUMN reading;
"""


def upgrade() -> None:
    """Adds the columns and the index."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
