"""What editors write is kept for them until they save it, and each topic knows who has it open."""

from alembic import op

revision = "0025"
down_revision = "0024"

UP = """
CREATE TABLE content_drafts (                  -- one's own; nobody else reads them, and no release holds them
    staff text NOT NULL,
    key text NOT NULL,                         -- the topic's name; "new-…" of one that is not there yet
    sealed bytea NOT NULL,                     -- the form's fields: what is half written may hold anything
    people text[] NOT NULL DEFAULT '{}',       -- conversations whose words it was begun with
    version text NOT NULL,                     -- of the file that it was begun on
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (staff, key)
);
CREATE INDEX content_drafts_of_topic ON content_drafts (key);
CREATE INDEX content_drafts_of_people ON content_drafts USING gin (people) WHERE people <> '{}';

CREATE TABLE content_presence (                -- who has a topic open in the editor; written every few seconds
    topic text NOT NULL,
    staff text NOT NULL,
    shown text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, staff)
);
"""

DOWN = """
DROP TABLE content_presence;
DROP TABLE content_drafts;
"""


def upgrade() -> None:
    """Adds the tables."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
