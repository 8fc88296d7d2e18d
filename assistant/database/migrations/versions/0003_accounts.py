"""Limits by address, by destination and for everybody; mails to an owner that belong to no reset."""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = """
ALTER TABLE attempts
    ADD COLUMN address text,                   -- keyed hash of the client's network, where a channel knows it
    -- Whose code was tried, if that member has an e-mail address. Empty, not null, where nobody is to be told:
    -- the indexes cost the same then, and so does the answer.
    ADD COLUMN owner_ref text NOT NULL DEFAULT '',
    ADD COLUMN masked_code text NOT NULL DEFAULT '';
CREATE INDEX attempts_of_address ON attempts (address, at) WHERE address IS NOT NULL;
CREATE INDEX attempts_of_owner ON attempts (owner_ref, at);

ALTER TABLE resets
    ADD COLUMN address text,                   -- as in attempts
    ADD COLUMN destination text,               -- keyed hash of the e-mail address on record
    ADD COLUMN tried_at timestamptz;           -- the register was asked to set the password; used_at: it said yes
CREATE INDEX resets_of_everybody ON resets (started_at);
CREATE INDEX resets_of_address ON resets (address, started_at) WHERE address IS NOT NULL;
CREATE INDEX resets_of_destination ON resets (destination, started_at) WHERE destination IS NOT NULL;
CREATE INDEX resets_unconfirmed ON resets (tried_at) WHERE tried_at IS NOT NULL AND used_at IS NULL;

-- A mail is about a reset, or goes to a member without one ("somebody tries your code").
ALTER TABLE mail
    ALTER COLUMN reset_id DROP NOT NULL,
    ADD COLUMN member_ref text,
    ADD COLUMN masked_code text,
    ADD CONSTRAINT mail_to_somebody
        CHECK (reset_id IS NOT NULL OR (member_ref IS NOT NULL AND masked_code IS NOT NULL));

CREATE TABLE owner_notices (
    member_ref text PRIMARY KEY,
    told_at timestamptz NOT NULL DEFAULT now() -- of failed checks; once a day
);

CREATE TABLE breaker_openings (                -- times in which resets were refused to everybody
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE UNIQUE INDEX breaker_open ON breaker_openings ((true)) WHERE closed_at IS NULL;
"""

DOWN = """
DROP TABLE breaker_openings, owner_notices;
DELETE FROM mail WHERE reset_id IS NULL;
ALTER TABLE mail
    DROP CONSTRAINT mail_to_somebody, DROP COLUMN masked_code, DROP COLUMN member_ref,
    ALTER COLUMN reset_id SET NOT NULL;
DROP INDEX resets_of_everybody;
ALTER TABLE resets DROP COLUMN tried_at, DROP COLUMN destination, DROP COLUMN address;
ALTER TABLE attempts DROP COLUMN masked_code, DROP COLUMN owner_ref, DROP COLUMN address;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
