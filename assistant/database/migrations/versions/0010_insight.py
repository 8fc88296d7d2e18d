"""Counts of what people ask and how it goes, by day; and what they think of answers."""

from alembic import op

revision = "0010"
down_revision = "0009"

UP = """
CREATE TABLE insight (
    day date NOT NULL,                         -- in Vietnam
    hour smallint NOT NULL,                    -- 0 to 23; -1: the whole day
    channel text NOT NULL,
    measure text NOT NULL,                     -- assistant.conversations.insight
    name text NOT NULL,                        -- an intent, a reason, a route; empty where a measure has no parts
    count bigint NOT NULL,
    PRIMARY KEY (day, measure, channel, name, hour)
);

CREATE TABLE insight_days (
    day date PRIMARY KEY,
    counted_at timestamptz NOT NULL            -- a day is counted until it is over, and once more after that
);

CREATE TABLE ratings (
    outbox_id bigint PRIMARY KEY REFERENCES outbox (id) ON DELETE CASCADE,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    good boolean NOT NULL,                     -- thumb up or down
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ratings_at ON ratings (at);
CREATE INDEX ratings_of_conversation ON ratings (conversation);
CREATE INDEX inbox_accepted ON inbox (accepted_at);
"""

DOWN = """
DROP INDEX inbox_accepted;
DROP TABLE ratings, insight_days, insight;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
