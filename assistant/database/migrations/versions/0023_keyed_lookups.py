"""Codes that a call told and texts that staff decided on are found by keyed hashes; wrong codes by more networks."""

from alembic import op

revision = "0023"
down_revision = "0022"

UP = """
ALTER TABLE resets ADD COLUMN numbers text[],         -- keyed hashes of the member's numbers, of a reset by telephone
    ADD COLUMN owner_has_mail boolean NOT NULL DEFAULT true;
CREATE INDEX resets_of_numbers ON resets USING gin (numbers) WHERE numbers IS NOT NULL;
ALTER TABLE reset_codes ADD COLUMN lookup text;          -- keyed, 16 bits: only what has it is compared with argon2
ALTER TABLE code_misses ADD COLUMN wider text, ADD COLUMN widest text,
    ADD COLUMN reset_id uuid,                            -- whose code was tried, if one was open
    ADD COLUMN more integer NOT NULL DEFAULT 0;          -- what came beyond the limit, and is counted nowhere else
CREATE INDEX code_misses_of_wider ON code_misses (wider, at);
CREATE INDEX code_misses_of_widest ON code_misses (widest, at);
CREATE INDEX code_misses_of_reset ON code_misses (reset_id, address) WHERE reset_id IS NOT NULL;
ALTER TABLE learning_messages ADD COLUMN keyed boolean NOT NULL DEFAULT false;
ALTER TABLE learning_decisions ADD COLUMN keyed boolean NOT NULL DEFAULT false;
"""

DOWN = """
ALTER TABLE learning_messages DROP COLUMN keyed;
ALTER TABLE learning_decisions DROP COLUMN keyed;
DROP INDEX code_misses_of_reset, code_misses_of_widest, code_misses_of_wider, resets_of_numbers;
ALTER TABLE code_misses DROP COLUMN wider, DROP COLUMN widest, DROP COLUMN reset_id, DROP COLUMN more;
ALTER TABLE reset_codes DROP COLUMN lookup;
ALTER TABLE resets DROP COLUMN numbers, DROP COLUMN owner_has_mail;
"""


def upgrade() -> None:
    """Adds columns and indexes. Codes told before are asked for anew; the learning job keys what staff decided."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
