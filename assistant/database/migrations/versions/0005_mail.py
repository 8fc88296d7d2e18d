"""Mail: who is sending it, whether it may have gone out twice, and how it comes back."""

from alembic import op

revision = "0005"
down_revision = "0004"

UP = """
ALTER TABLE mail
    ADD COLUMN lease_until timestamptz,        -- somebody is sending it; null again when that has ended
    ADD COLUMN maybe_twice boolean NOT NULL DEFAULT false,  -- the server may have taken an attempt that failed
    -- 122 random bits, part of the return path; a bounce that does not show it is nobody's.
    ADD COLUMN bounce_token text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    ADD COLUMN bounced_at timestamptz;
CREATE UNIQUE INDEX mail_bounces ON mail (bounce_token);

CREATE TABLE bounces_seen (                    -- what came to the return path, for /metrics
    outcome text PRIMARY KEY,                  -- assistant.accounts.adapters.bounces.Outcome
    number bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE, DELETE ON bounces_seen TO assistant_app;
"""

DOWN = """
DROP TABLE bounces_seen;
DROP INDEX mail_bounces;
ALTER TABLE mail DROP COLUMN bounced_at, DROP COLUMN bounce_token, DROP COLUMN maybe_twice, DROP COLUMN lease_until;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
