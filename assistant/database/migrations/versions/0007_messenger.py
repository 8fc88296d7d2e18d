"""Conversations that a colleague answers outside of the desk; what is known of Messenger's pages."""

from alembic import op

revision = "0007"
down_revision = "0006"

UP = """
ALTER TABLE handovers ADD COLUMN until timestamptz;  -- taken outside of the desk: the assistant is silent until then
CREATE INDEX handovers_outside ON handovers (until) WHERE state = 'with_person' AND until IS NOT NULL;

CREATE TABLE messenger_pages (
    page text PRIMARY KEY,                     -- the page's id, empty where the settings give only a token
    heard_at timestamptz,                      -- the last signed webhook
    test_at timestamptz,                       -- the last "Test" of the dashboard
    passive_at timestamptz,                    -- the last message that another app was to answer
    sent_at timestamptz,
    error text,                                -- of the last call that failed, NULL once one went
    error_at timestamptz,
    alarm text                                 -- what staff must mend, in Vietnamese; NULL once a message went
);
"""

DOWN = """
DROP TABLE messenger_pages;
DROP INDEX handovers_outside;
ALTER TABLE handovers DROP COLUMN until;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
