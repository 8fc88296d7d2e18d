"""Staff, their sessions, and what the desk keeps beside a conversation."""

from alembic import op

revision = "0008"
down_revision = "0007"

UP = """
CREATE TABLE staff (
    name text PRIMARY KEY,                     -- what they sign in with
    shown text NOT NULL,                       -- what colleagues read
    roles text[] NOT NULL,                     -- content, agent, auditor, admin
    password text,                             -- argon2id; null until the invitation is taken up, or with OpenID only
    totp bytea,                                -- AES-256-GCM, bound to the name; null until enrolled
    totp_step bigint NOT NULL DEFAULT 0,       -- the last step a code was taken of: each works once
    openid text UNIQUE,                        -- "issuer subject"
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz
);

CREATE TABLE staff_invitations (
    hash bytea PRIMARY KEY,                    -- SHA-256 of the link's token
    name text NOT NULL REFERENCES staff (name) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE staff_recovery_codes (
    name text NOT NULL REFERENCES staff (name) ON DELETE CASCADE,
    hash bytea NOT NULL,                       -- SHA-256; 80 random bits
    used_at timestamptz,
    PRIMARY KEY (name, hash)
);

CREATE TABLE staff_sessions (
    hash bytea PRIMARY KEY,                    -- SHA-256 of the cookie
    name text NOT NULL REFERENCES staff (name) ON DELETE CASCADE,
    stage text NOT NULL,                       -- enrol, code, full
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    address text NOT NULL,
    browser text NOT NULL,
    secret bytea,                              -- what is being enrolled, AES-256-GCM, bound to the name
    said jsonb                                 -- a sentence for the next page
);
CREATE INDEX staff_sessions_of_name ON staff_sessions (name);

CREATE TABLE staff_attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,                        -- as typed, whether it exists or not
    address text NOT NULL,
    good boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX staff_attempts_of_name ON staff_attempts (name, at);
CREATE INDEX staff_attempts_of_address ON staff_attempts (address, at);

CREATE TABLE desk_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    agent text NOT NULL,
    text text NOT NULL,                        -- for colleagues; identifiers are tokens here
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX desk_notes_of_conversation ON desk_notes (conversation, at);

CREATE TABLE canned_answers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    text text NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE outbox ADD COLUMN agent text;      -- who at the desk wrote it
ALTER TABLE questions
    ADD COLUMN assigned text,                  -- who at the desk works on it
    ADD COLUMN assigned_at timestamptz,
    ADD COLUMN answer_event text,              -- the event that has the answer delivered
    ADD COLUMN closed_at timestamptz,          -- closed without an answer
    ADD COLUMN closed_reason text;
DROP INDEX questions_open;
CREATE INDEX questions_open ON questions (asked_at) WHERE answered_at IS NULL AND closed_at IS NULL;
CREATE INDEX questions_answered ON questions (answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX questions_closed ON questions (closed_at) WHERE closed_at IS NOT NULL;

-- To find conversations by day, channel, intent and outcome (assistant.conversations.searching).
CREATE INDEX turns_at ON turns (at, id);
CREATE INDEX turns_of_intent ON turns (intent, at, id);
CREATE INDEX turns_of_channel ON turns (split_part(conversation, ':', 1), at, id);
CREATE INDEX outbox_dead ON outbox (id) WHERE state = 'dead';
CREATE INDEX handovers_asked ON handovers (asked_at, id);
CREATE INDEX handovers_of_conversation ON handovers (conversation, id);
CREATE INDEX resets_used ON resets (used_at, id) WHERE used_at IS NOT NULL;
"""

DOWN = """
DROP INDEX turns_at, turns_of_intent, turns_of_channel, outbox_dead;
DROP INDEX handovers_asked, handovers_of_conversation, resets_used;
DROP INDEX questions_open, questions_answered, questions_closed;
CREATE INDEX questions_open ON questions (asked_at) WHERE answered_at IS NULL;
ALTER TABLE questions
    DROP COLUMN assigned, DROP COLUMN assigned_at, DROP COLUMN answer_event, DROP COLUMN closed_at,
    DROP COLUMN closed_reason;
ALTER TABLE outbox DROP COLUMN agent;
DROP TABLE canned_answers, desk_notes;
DROP TABLE staff_attempts, staff_sessions, staff_recovery_codes, staff_invitations, staff;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
