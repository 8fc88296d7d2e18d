"""Tries to sign in are counted by step, network and known browser; of a name only a keyed hash is kept."""

from alembic import op

revision = "0014"
down_revision = "0013"

UP = """
ALTER TABLE staff_attempts ADD COLUMN step text NOT NULL DEFAULT 'password';
ALTER TABLE staff_attempts ADD COLUMN device bytea;
-- What was typed as a name and is none may be a password.
DELETE FROM staff_attempts WHERE name NOT IN (SELECT name FROM staff);
CREATE TABLE staff_devices (
    hash bytea NOT NULL,                       -- of the cookie of a browser that went the whole way once
    name text NOT NULL REFERENCES staff ON DELETE CASCADE ON UPDATE CASCADE,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hash, name)
);
CREATE INDEX staff_devices_of_name ON staff_devices (name);
CREATE INDEX staff_devices_seen ON staff_devices (seen_at);
"""

DOWN = """
DROP TABLE staff_devices;
ALTER TABLE staff_attempts DROP COLUMN device;
ALTER TABLE staff_attempts DROP COLUMN step;
"""


def upgrade() -> None:
    """Adds the columns and the table."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
