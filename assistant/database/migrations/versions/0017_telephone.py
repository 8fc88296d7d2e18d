"""The telephone: calls, numbers to ring back, one-time codes and wrong ones."""

from alembic import op

revision = "0017"
down_revision = "0016"

UP = """
CREATE TABLE phone_calls (
    conversation text PRIMARY KEY,             -- phone:HMAC of the platform's id of the call
    caller text,                               -- keyed hash of the number; NULL: none that the trunk vouches for
    direction text NOT NULL,                   -- in: somebody rang; back: we did
    step int NOT NULL DEFAULT 0,               -- how many answers were given
    state jsonb NOT NULL DEFAULT '{}',         -- where the call stands; no digit that was pressed
    said jsonb,                                -- the last answer: names of texts, for a hook that comes again
    sealed bytea,                              -- number, code: AES-256-GCM, until the call ends
    began_at timestamptz NOT NULL DEFAULT now(),
    stepped_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_by text,                             -- caller, assistant, silence (the platform never said)
    seconds int
);
CREATE INDEX phone_calls_of_caller ON phone_calls (caller, began_at) WHERE caller IS NOT NULL;
CREATE INDEX phone_calls_open ON phone_calls (stepped_at) WHERE ended_at IS NULL;
CREATE INDEX phone_calls_began ON phone_calls (began_at);

CREATE TABLE phone_callbacks (
    id uuid PRIMARY KEY,
    conversation text NOT NULL,                -- the call that asked for it
    reset_id uuid NOT NULL REFERENCES resets (id) ON DELETE CASCADE,
    sealed bytea,                              -- the number, AES-256-GCM, until it is over
    state text NOT NULL DEFAULT 'waiting',     -- waiting, ringing, done, given_up
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    lease_until timestamptz,
    rung text,                                 -- the conversation of the call that rings
    error text,
    made_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX phone_callbacks_due ON phone_callbacks (due_at) WHERE state IN ('waiting', 'ringing');
CREATE INDEX phone_callbacks_made ON phone_callbacks (made_at);
CREATE INDEX phone_callbacks_of ON phone_callbacks (conversation);

CREATE TABLE reset_codes (
    reset_id uuid PRIMARY KEY REFERENCES resets (id) ON DELETE CASCADE,
    hash text NOT NULL,                        -- argon2
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    wrong smallint NOT NULL DEFAULT 0,
    ended_at timestamptz                       -- used, void, or another of the member's was made
);
CREATE TABLE code_misses (
    address text NOT NULL,                     -- keyed hash of a network
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX code_misses_of_address ON code_misses (address, at);
CREATE INDEX code_misses_age ON code_misses (at);
"""

DOWN = """
DROP TABLE code_misses, reset_codes, phone_callbacks, phone_calls;
"""


def upgrade() -> None:
    """Adds the tables."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
