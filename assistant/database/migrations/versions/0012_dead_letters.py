"""Events that cannot be stored because of what is in them: kept aside, sealed, until somebody has looked at them."""

from alembic import op

revision = "0012"
down_revision = "0011"

UP = """
CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mark text NOT NULL UNIQUE,                 -- keyed hash of the event: its repeat is the same letter
    channel text NOT NULL,
    conversation text NOT NULL,                -- as far as it can be stored; nothing of it need exist
    kind text NOT NULL,
    reason text NOT NULL,                      -- SQLSTATE, or what the writer of JSON could not do
    sealed bytea NOT NULL,                     -- the event as it came
    at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz                     -- when somebody had looked at it
);
CREATE INDEX dead_letters_open ON dead_letters (id) WHERE settled_at IS NULL;
CREATE INDEX dead_letters_at ON dead_letters (at);
CREATE INDEX dead_letters_of_conversation ON dead_letters (conversation);
"""

DOWN = """
DROP TABLE dead_letters;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
