"""Nobody at the desk is left in silence: who answers since when, who was missed, who is really there."""

from alembic import op

revision = "0024"
down_revision = "0023"

UP = """
ALTER TABLE handovers
    ADD COLUMN held_at timestamptz,            -- since when the agent of now has it; null: since taken_at
    ADD COLUMN settled_at timestamptz,         -- the agent said then that nothing waited for an answer
    ADD COLUMN warned_at timestamptz,          -- the person was told then that it takes longer
    ADD COLUMN returned_at timestamptz,        -- it came back to the queue then
    ADD COLUMN was_with text,                  -- who had it before it came back
    ADD COLUMN dealt_at timestamptz,           -- of a wait that ended without anybody: somebody has seen to it
    ADD COLUMN dealt_by text;
-- What was missed before is past; from now on it stands on the desk until somebody has dealt with it.
UPDATE handovers SET dealt_at = now() WHERE state = 'closed';
CREATE INDEX handovers_missed ON handovers (closed_at)
    WHERE state = 'closed' AND dealt_at IS NULL AND outcome IN ('nobody', 'desk_closed', 'abandoned');
ALTER TABLE desk_presence ADD COLUMN page_at timestamptz;  -- last sign of an open page; null: came without one

CREATE TABLE desk_drafts (
    agent text NOT NULL,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    place text NOT NULL,                       -- "reply", or the number of a question whose answer is being written
    sealed bytea NOT NULL,                     -- AES-256-GCM: nobody has looked yet whether it names somebody
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation, agent, place)
);
ALTER TABLE outbox ADD COLUMN send_key text;   -- of a message from the desk: given twice, it is sent once
CREATE UNIQUE INDEX outbox_send_key ON outbox (conversation, send_key) WHERE send_key IS NOT NULL;
"""

DOWN = """
DROP INDEX outbox_send_key;
ALTER TABLE outbox DROP COLUMN send_key;
DROP TABLE desk_drafts;
ALTER TABLE desk_presence DROP COLUMN page_at;
DROP INDEX handovers_missed;
ALTER TABLE handovers
    DROP COLUMN held_at, DROP COLUMN settled_at, DROP COLUMN warned_at, DROP COLUMN returned_at, DROP COLUMN was_with,
    DROP COLUMN dealt_at, DROP COLUMN dealt_by;
"""


def upgrade() -> None:
    """Adds the columns; chats that are held go on."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
