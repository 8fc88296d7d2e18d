"""What is learned from conversations, who changed which content, and releases."""

from alembic import op

revision = "0009"
down_revision = "0008"

_CONTENT = """
CREATE TABLE content_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch bigint,                              -- the first change of those that were saved together
    at timestamptz NOT NULL DEFAULT now(),
    staff text NOT NULL,                       -- sign-in name; empty: not at the console
    shown text NOT NULL,
    action text NOT NULL,                      -- created, edited, renamed, retired, restored, imported, …
    topic text NOT NULL,
    renamed_from text,
    before text,                               -- the whole file; null: there was none
    after text,
    before_version text,                       -- SHA-256 of the file, first 16 hex digits
    after_version text,
    commit text                                -- where the folder is a git repository
);
CREATE INDEX content_changes_of_topic ON content_changes (topic, id);

CREATE TABLE content_imports (                 -- tables whose changes are being looked at; a day at most
    id uuid PRIMARY KEY,
    staff text NOT NULL,
    name text NOT NULL,                        -- the file's
    content jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now()
);
"""

_LEARNING = """
CREATE TABLE learning_messages (               -- what was not, or perhaps not, understood
    turn_id bigint PRIMARY KEY REFERENCES turns (id) ON DELETE CASCADE,
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    key bytea NOT NULL,                        -- SHA-256 of the text made uniform
    text text NOT NULL,                        -- identifiers are tokens here
    reason text NOT NULL,                      -- fallback, unsure, objected
    intent text,                               -- what it was taken for
    at timestamptz NOT NULL
);
CREATE INDEX learning_messages_of_key ON learning_messages (key, at);
CREATE INDEX learning_messages_of_conversation ON learning_messages (conversation);
CREATE INDEX learning_messages_newest ON learning_messages (at);

CREATE TABLE learning_groups (                 -- texts that are alike; made anew now and then
    key bytea PRIMARY KEY,
    number integer NOT NULL,
    people integer NOT NULL,
    messages integer NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE INDEX learning_groups_of_number ON learning_groups (number);

CREATE TABLE learning_decisions (              -- what staff made of a text
    key bytea PRIMARY KEY,
    decision text NOT NULL,                    -- assigned, not_ours, hidden
    topic text,
    staff text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE learning_usage (                  -- how often a topic was the answer, and how often it was objected to
    topic text NOT NULL,
    day date NOT NULL,
    answered integer NOT NULL,
    objected integer NOT NULL,
    PRIMARY KEY (topic, day)
);

CREATE TABLE learning_drafts (                 -- test cases and stories made from conversations, until they are saved
    id uuid PRIMARY KEY,
    staff text NOT NULL,
    kind text NOT NULL,                        -- script, story
    name text NOT NULL,
    behaviour text NOT NULL DEFAULT '',        -- of a script
    text text NOT NULL,                        -- identifiers are samples here
    state text NOT NULL DEFAULT 'new',         -- new, checking, good, bad
    findings jsonb NOT NULL DEFAULT '[]',
    turn_id bigint,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE learning_progress (               -- turns up to here are in the tables above
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    turn_id bigint NOT NULL,
    rated_at timestamptz NOT NULL DEFAULT '2000-01-01'  -- and thumbs up to here
);
INSERT INTO learning_progress (turn_id) VALUES (0);
"""

UP = _CONTENT + _LEARNING

DOWN = """
DROP TABLE learning_progress, learning_drafts, learning_usage, learning_decisions, learning_groups, learning_messages;
DROP TABLE content_imports, content_changes;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
