"""The store: inbox, conversations, turns, outbox; vault; resets, mail, audit; the desk."""

from alembic import op

revision = "0001"
down_revision = None

UP = """
CREATE TABLE conversations (
    id text PRIMARY KEY,                       -- channel:user
    channel text NOT NULL,
    tracker jsonb,                             -- the last events of the dialogue (assistant.engine.tracker)
    menu jsonb,                                -- the buttons last shown, so that typed words can press them
    turns integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE inbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    event_id text NOT NULL,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    kind text NOT NULL,                        -- text, payload, media, system
    body jsonb NOT NULL,                       -- identifiers are tokens here
    sent_at timestamptz,
    accepted_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    failures smallint NOT NULL DEFAULT 0,
    UNIQUE (channel, event_id)
);
CREATE INDEX inbox_waiting ON inbox (conversation, id) WHERE done_at IS NULL;
CREATE INDEX inbox_of_conversation ON inbox (conversation, id);

CREATE TABLE turns (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    inbox_id bigint NOT NULL UNIQUE REFERENCES inbox (id) ON DELETE CASCADE,
    intent text,
    confidence real,
    ranking jsonb,
    actions jsonb,
    model text,
    milliseconds real,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX turns_of_conversation ON turns (conversation, id);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    inbox_id bigint REFERENCES inbox (id) ON DELETE SET NULL,
    sender text NOT NULL DEFAULT 'bot',        -- bot, agent
    body jsonb NOT NULL,                       -- {"text": …, "buttons": […]}
    state text NOT NULL DEFAULT 'waiting',     -- waiting, sent, dead
    attempts smallint NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,                   -- a deliverer is sending it
    lease_owner text,
    maybe_twice boolean NOT NULL DEFAULT false, -- the platform may have taken an attempt whose answer was lost
    platform_id text,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX outbox_waiting ON outbox (conversation, id) WHERE state = 'waiting';
CREATE INDEX outbox_of_conversation ON outbox (conversation, id);

CREATE TABLE vault (
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    token text NOT NULL,
    sealed bytea NOT NULL,                     -- AES-256-GCM
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (conversation, token)
);
CREATE INDEX vault_expiry ON vault (expires_at);

CREATE TABLE attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person text NOT NULL,
    event text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attempts_of_person ON attempts (person, at);

CREATE TABLE resets (
    id uuid PRIMARY KEY,
    member_ref text NOT NULL,                  -- the registry's opaque id
    person text NOT NULL,
    event text NOT NULL UNIQUE,
    masked_code text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX resets_of_member ON resets (member_ref, started_at);
CREATE INDEX resets_of_person ON resets (person, started_at);

CREATE TABLE reset_links (
    hash bytea PRIMARY KEY,                    -- SHA-256 of the token; made when the mail is sent
    reset_id uuid NOT NULL REFERENCES resets (id) ON DELETE CASCADE,
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mail (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    reset_id uuid NOT NULL REFERENCES resets (id) ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting',     -- waiting, sent, dead
    attempts smallint NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX mail_waiting ON mail (next_try_at) WHERE state = 'waiting';

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    event text NOT NULL,
    person text NOT NULL,
    details jsonb NOT NULL
);

CREATE TABLE handovers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting',     -- waiting, with_person, closed
    reason text NOT NULL,                      -- asked, not_understood, angry, not_matched
    outcome text,                              -- answered, left, nobody, desk_closed
    agent text,
    asked_at timestamptz NOT NULL DEFAULT now(),
    taken_at timestamptz,
    closed_at timestamptz
);
CREATE UNIQUE INDEX handovers_open ON handovers (conversation) WHERE state <> 'closed';
CREATE INDEX handovers_waiting ON handovers (asked_at) WHERE state = 'waiting';

CREATE TABLE questions (
    number text PRIMARY KEY,                   -- HD-123456
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    question text NOT NULL,                    -- identifiers are tokens here
    answer text,
    agent text,
    asked_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz
);
CREATE INDEX questions_open ON questions (asked_at) WHERE answered_at IS NULL;

CREATE TABLE desk_presence (
    agent text PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE zalo_tokens (
    oa_id text PRIMARY KEY,
    sealed bytea NOT NULL,                     -- access and refresh token, AES-256-GCM
    expires_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL DEFAULT now()
);
"""

DOWN = """
DROP TABLE desk_presence, questions, handovers, zalo_tokens, audit, mail, reset_links, resets, attempts, vault;
DROP TABLE outbox, turns, inbox, conversations;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
