"""Releases of what was learned: built, tried, made live on all nodes, taken back."""

from alembic import op

revision = "0011"
down_revision = "0010"

UP = """
CREATE TABLE releases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text NOT NULL DEFAULT 'built',      -- built; found: what was served before the first release
    state text NOT NULL,                       -- waiting, checking, training, evaluating, ready, blocked, failed, …
    staff text NOT NULL,                       -- sign-in name of whoever asked for it
    shown text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    holder text,                               -- the node that builds
    beat_at timestamptz NOT NULL DEFAULT now(),
    progress real NOT NULL DEFAULT 0,          -- 0 to 1
    log text NOT NULL DEFAULT '',
    cancelled_by text,                         -- who asked the build to stop
    trouble text,                              -- why it is blocked or failed
    model text,
    content_change bigint,                     -- the newest change of content that it contains
    files jsonb NOT NULL DEFAULT '{}',         -- version of each file of the content
    against bigint REFERENCES releases,        -- what was live, and was measured beside it
    changes jsonb NOT NULL DEFAULT '[]',       -- files that differ from it
    findings jsonb NOT NULL DEFAULT '[]',      -- what the check of the content says
    seconds jsonb NOT NULL DEFAULT '{}',       -- how long each step took
    metrics jsonb,
    measured_against jsonb,                    -- the same numbers of `against`
    better jsonb NOT NULL DEFAULT '[]',        -- gold texts understood now that were not before
    worse jsonb NOT NULL DEFAULT '[]',
    topics jsonb NOT NULL DEFAULT '[]',        -- how well the changed topics' own questions are understood
    shadow_from timestamptz,
    shadow_until timestamptz,
    shadow_turn bigint,                        -- turns up to here were looked at
    shadow_seen bigint NOT NULL DEFAULT 0,
    shadow_differs bigint NOT NULL DEFAULT 0
);
-- One build at a time, on all nodes together.
CREATE UNIQUE INDEX releases_one_build ON releases ((true))
    WHERE state IN ('waiting', 'checking', 'training', 'evaluating');

CREATE TABLE release_archives (
    release bigint PRIMARY KEY REFERENCES releases ON DELETE CASCADE,
    archive bytea NOT NULL,                    -- a tar of the model and of the content it was made from
    signature text NOT NULL                    -- Ed25519 over the archive
);
ALTER TABLE release_archives ALTER COLUMN archive SET STORAGE EXTERNAL;  -- it is compressed already

CREATE TABLE release_acts (                    -- the newest one says what is live
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release bigint NOT NULL REFERENCES releases,
    before bigint REFERENCES releases,
    act text NOT NULL,                         -- promoted, rolled_back
    staff text NOT NULL,
    shown text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE release_nodes (                   -- which node runs what; written every few seconds
    name text PRIMARY KEY,
    release bigint,                            -- null: the node's own model
    model text NOT NULL,
    trouble text,                              -- why it does not run what is live
    engines jsonb NOT NULL DEFAULT '{}',       -- engine processes by model
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE release_talks (                   -- staff trying a candidate; nothing of it reaches anybody
    id uuid PRIMARY KEY,
    release bigint NOT NULL REFERENCES releases ON DELETE CASCADE,
    staff text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX release_talks_newest ON release_talks (release, staff, started_at);

CREATE TABLE release_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    talk uuid NOT NULL REFERENCES release_talks ON DELETE CASCADE,
    kind text NOT NULL,                        -- text, press
    sealed bytea,                              -- what was typed, until it is answered
    said text,                                 -- afterwards: with tokens in place of identifiers
    replies jsonb,
    understood jsonb,
    asked_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz
);
CREATE INDEX release_lines_of_talk ON release_lines (talk, id);
CREATE INDEX release_lines_waiting ON release_lines (id) WHERE answered_at IS NULL;

CREATE TABLE release_shadow (                  -- turns that the candidate would have understood otherwise
    release bigint NOT NULL REFERENCES releases ON DELETE CASCADE,
    turn_id bigint NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    intent text NOT NULL,
    confidence real NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (release, turn_id)
);
CREATE INDEX release_shadow_of_turn ON release_shadow (turn_id);
CREATE INDEX release_shadow_of_conversation ON release_shadow (conversation);

GRANT SELECT, INSERT, UPDATE, DELETE ON releases, release_archives, release_acts, release_nodes, release_talks,
    release_lines, release_shadow TO assistant_app;
"""

DOWN = """
DROP TABLE release_shadow, release_lines, release_talks, release_nodes, release_acts, release_archives, releases;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
