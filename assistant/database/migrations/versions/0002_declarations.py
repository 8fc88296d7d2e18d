"""One-time links to a declaration's form, and the papers made from it, sealed, until they are fetched."""

from alembic import op

revision = "0002"
down_revision = "0001"

UP = """
CREATE TABLE declarations (
    hash bytea PRIMARY KEY,                    -- SHA-256 of the link's token
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    kind text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,                       -- the form was sent, the papers were made
    fetched_at timestamptz,                    -- a paper was fetched for the first time
    expires_at timestamptz NOT NULL,           -- for the state the row is in
    pdf bytea,                                 -- AES-256-GCM, bound to conversation and token
    docx bytea
);
CREATE INDEX declarations_of_conversation ON declarations (conversation, made_at);
CREATE INDEX declarations_expiry ON declarations (expires_at);
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE declarations")
