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

ALTER TABLE questions
    ADD COLUMN promised_on date,               -- the day, in Vietnam, by which the person was told to expect an answer
    ADD COLUMN late_told_at timestamptz;       -- they were told then that the day has passed
ALTER TABLE vault ADD COLUMN held_until timestamptz;  -- staff may open it until then, for a question that is open

-- What staff set of the desk; the newest row is in force, the others are its history. None: the file's.
CREATE TABLE desk_rules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    rules jsonb NOT NULL                       -- hours by day, holidays with names, open_until
);
CREATE TABLE canned_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    canned_id bigint NOT NULL,                 -- it may be gone: what was deleted can be brought back
    at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    act text NOT NULL,                         -- added, changed, deleted, restored
    title text NOT NULL,
    text text NOT NULL,
    english text
);
CREATE INDEX canned_history_of ON canned_history (canned_id, id);
INSERT INTO canned_history (canned_id, at, changed_by, act, title, text, english)
SELECT id, changed_at, changed_by, 'changed', title, text, english FROM canned_answers;

-- What somebody outside the console is told of, once each way ("webhook", "mail address").
CREATE TABLE desk_alerts (
    key text NOT NULL,                         -- what it is about: "waits 12", "question HD-123456 2026-12-02"
    way text NOT NULL,
    kind text NOT NULL,
    raised_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key, way)
);

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
DROP TABLE desk_drafts, canned_history, desk_rules, desk_alerts;
ALTER TABLE vault DROP COLUMN held_until;
ALTER TABLE questions DROP COLUMN promised_on, DROP COLUMN late_told_at;
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
