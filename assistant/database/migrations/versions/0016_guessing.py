"""Failed checks are counted by contact, code, wider networks and channel; a check may be answered without a word."""

from alembic import op

revision = "0016"
down_revision = "0015"

UP = """
ALTER TABLE attempts
    ADD COLUMN channel text NOT NULL DEFAULT '',
    ADD COLUMN contact text,                   -- keyed hash of what was typed, as all below
    ADD COLUMN code text,
    ADD COLUMN wider text,                     -- of the network around the client's: IPv4 /24, IPv6 /48
    ADD COLUMN widest text,                    -- IPv4 /16, IPv6 /32
    ADD COLUMN due jsonb;                      -- a check that matched and was not told so: what a letter needs
UPDATE attempts SET channel = split_part(person, ':', 1);
CREATE INDEX attempts_newest ON attempts (at);
CREATE INDEX attempts_of_channel ON attempts (channel, at);
CREATE INDEX attempts_of_contact ON attempts (contact, at) WHERE contact IS NOT NULL;
CREATE INDEX attempts_of_code ON attempts (code, at) WHERE code IS NOT NULL;
CREATE INDEX attempts_of_wider ON attempts (wider, at) WHERE wider IS NOT NULL;
CREATE INDEX attempts_of_widest ON attempts (widest, at) WHERE widest IS NOT NULL;
CREATE INDEX attempts_due ON attempts (id) WHERE due IS NOT NULL;

CREATE TABLE check_counts (                    -- failed checks by the hour: what is usual here
    hour timestamptz NOT NULL,
    channel text NOT NULL,
    failed integer NOT NULL,
    PRIMARY KEY (hour, channel)
);
CREATE TABLE guessing_times (                  -- times of so many failed checks that no answer says more than another
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope text NOT NULL,                       -- all, or a channel
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
CREATE UNIQUE INDEX guessing_open ON guessing_times (scope) WHERE closed_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON check_counts, guessing_times TO assistant_app;
"""

DOWN = """
DROP TABLE guessing_times, check_counts;
DROP INDEX attempts_newest, attempts_of_channel, attempts_due;
ALTER TABLE attempts DROP COLUMN due, DROP COLUMN widest, DROP COLUMN wider, DROP COLUMN code, DROP COLUMN contact,
    DROP COLUMN channel;
"""


def upgrade() -> None:
    """Adds the columns and tables."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
