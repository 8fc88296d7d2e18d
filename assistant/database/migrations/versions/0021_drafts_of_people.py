"""A draft belongs to the person whose words it is made of, and goes with the turn that they stand in."""

from alembic import op

revision = "0021"
down_revision = "0020"

UP = """
ALTER TABLE learning_drafts ADD COLUMN conversation text REFERENCES conversations (id) ON DELETE CASCADE;
UPDATE learning_drafts d SET conversation = t.conversation FROM turns t WHERE t.id = d.turn_id;
DELETE FROM learning_drafts WHERE conversation IS NULL;
ALTER TABLE learning_drafts ALTER COLUMN conversation SET NOT NULL, ALTER COLUMN turn_id SET NOT NULL,
    ADD FOREIGN KEY (turn_id) REFERENCES turns (id) ON DELETE CASCADE;
CREATE INDEX learning_drafts_of_turn ON learning_drafts (turn_id);
CREATE INDEX learning_drafts_of_conversation ON learning_drafts (conversation);
"""

DOWN = """
ALTER TABLE learning_drafts DROP CONSTRAINT learning_drafts_turn_id_fkey, ALTER COLUMN turn_id DROP NOT NULL,
    DROP COLUMN conversation;
DROP INDEX learning_drafts_of_turn;
"""


def upgrade() -> None:
    """Adds the column and the references; drafts whose turn is gone go after it."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
