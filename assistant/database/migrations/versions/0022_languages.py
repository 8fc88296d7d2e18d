"""The language a conversation is held in, and the one that letters and pages of a reset are written in."""

from alembic import op

revision = "0022"
down_revision = "0021"

UP = """
-- "vi" or "en" (assistant.content.languages); null: nobody has said, so it is Vietnamese.
ALTER TABLE conversations ADD COLUMN language text;
ALTER TABLE resets ADD COLUMN language text;    -- of its letters and its pages
ALTER TABLE attempts ADD COLUMN language text;  -- of the conversation it was made in
ALTER TABLE canned_answers ADD COLUMN english text;
ALTER TABLE mail ADD COLUMN language text;      -- where it is about no reset; "vi en": both
"""

DOWN = """
ALTER TABLE mail DROP COLUMN language;
ALTER TABLE canned_answers DROP COLUMN english;
ALTER TABLE attempts DROP COLUMN language;
ALTER TABLE resets DROP COLUMN language;
ALTER TABLE conversations DROP COLUMN language;
"""


def upgrade() -> None:
    """Adds the columns; what is there is Vietnamese."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
