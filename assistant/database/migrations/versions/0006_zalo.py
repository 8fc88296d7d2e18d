"""Several official accounts: their tokens, what is known of them, grants under way; numbers at the SMS door."""

from alembic import op

revision = "0006"
down_revision = "0005"

UP = """
ALTER TABLE zalo_tokens
    ADD COLUMN oa text,                        -- the account Zalo named for these tokens
    ADD COLUMN granted_at timestamptz,         -- when an admin connected it
    ADD COLUMN first_hash bytea,               -- SHA-256 of the settings' refresh token, once it was tried
    ADD COLUMN asked_at timestamptz,           -- a refresh is under way since; a crash leaves it behind
    ADD COLUMN trouble text,                   -- what was answered to the last refresh, NULL if it was good
    ADD COLUMN trouble_at timestamptz;

CREATE TABLE zalo_accounts (
    key text PRIMARY KEY,                      -- as in zalo_tokens.oa_id
    cards_refused_at timestamptz,              -- buttons are sent as a numbered menu for a day
    rate_limit integer,
    rate_remain integer,
    rate_at timestamptz,
    quota jsonb,                               -- of the last message: reply, sub_quota, … or charged
    quota_at timestamptz,
    error text,                                -- the last refusal that is the account's, NULL once a message went
    error_at timestamptz
);

CREATE TABLE zalo_grants (
    state_hash bytea PRIMARY KEY,              -- SHA-256 of the state in the permission page's address
    sealed bytea NOT NULL,                     -- PKCE verifier and who asked, AES-256-GCM
    expires_at timestamptz NOT NULL
);

ALTER TABLE outbox
    ADD COLUMN IF NOT EXISTS delivered_at timestamptz,  -- the platform's receipts
    ADD COLUMN IF NOT EXISTS seen_at timestamptz;
CREATE INDEX outbox_closed ON outbox (conversation) WHERE state = 'dead' AND error LIKE 'closed%';

CREATE TABLE sms_numbers (
    conversation text PRIMARY KEY,             -- sms:HMAC of the number
    sealed bytea NOT NULL,                     -- the number, AES-256-GCM
    written_at timestamptz NOT NULL DEFAULT now()
);
"""

DOWN = """
DROP TABLE sms_numbers, zalo_grants, zalo_accounts;
DROP INDEX outbox_closed;
ALTER TABLE outbox DROP COLUMN delivered_at, DROP COLUMN seen_at;
ALTER TABLE zalo_tokens
    DROP COLUMN oa, DROP COLUMN granted_at, DROP COLUMN first_hash, DROP COLUMN asked_at,
    DROP COLUMN trouble, DROP COLUMN trouble_at;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
