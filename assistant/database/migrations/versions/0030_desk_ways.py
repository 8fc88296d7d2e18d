"""How the desk works: who is offered whom, what is said, tags, sends that can be taken back, who types."""

from alembic import op

revision = "0030"
down_revision = "0029"

UP = """
-- What staff set of the desk's ways beside its hours; the newest row is in force, the others are its history.
CREATE TABLE desk_ways (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL,
    ways jsonb NOT NULL                        -- assignment, topics by agent, tags, sentences, seconds for taking back
);
ALTER TABLE handovers
    ADD COLUMN offered_to text,                -- of somebody who waits: the agent whose turn it is
    ADD COLUMN offered_at timestamptz;
CREATE TABLE conversation_tags (
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    tag text NOT NULL,
    tagged_by text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation, tag)
);
CREATE INDEX conversation_tags_of ON conversation_tags (tag, at DESC);
-- What an agent has sent and may still take back; it goes to the outbox when its time comes.
CREATE TABLE desk_held (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    agent text NOT NULL,
    text text NOT NULL,
    send_key text,
    at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL
);
CREATE INDEX desk_held_due ON desk_held (due_at);
CREATE UNIQUE INDEX desk_held_key ON desk_held (conversation, send_key) WHERE send_key IS NOT NULL;
CREATE INDEX desk_held_of ON desk_held (conversation);
-- Who is writing in a conversation that an agent has; worth nothing after a few seconds.
CREATE UNLOGGED TABLE desk_typing (
    conversation text NOT NULL,
    side text NOT NULL,                        -- person, agent
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation, side)
);
"""

DOWN = """
DROP TABLE desk_typing, desk_held, conversation_tags, desk_ways;
ALTER TABLE handovers DROP COLUMN offered_to, DROP COLUMN offered_at;
"""


def upgrade() -> None:
    """Adds them."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
