"""When the last whole copy was made, noted by whoever made it; which versions of the software work on the schema."""

from alembic import op

revision = "0028"
down_revision = "0026"

# The role that makes copies may read and write no table: it calls this, and nothing else.
UP = """
CREATE TABLE backups (
    kind text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION note_backup(what text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO public.backups (kind) VALUES (left(what, 20)) ON CONFLICT (kind) DO UPDATE SET at = now()
$$;
CREATE TABLE schema_floor (
    revision text NOT NULL                     -- versions that know the schema up to here, or further, work on it
);
INSERT INTO schema_floor VALUES ('0028');
REVOKE ALL ON FUNCTION note_backup(text) FROM PUBLIC;
"""

DOWN = """
DROP TABLE schema_floor;
DROP FUNCTION note_backup(text);
DROP TABLE backups;
"""


def upgrade() -> None:
    """Adds the tables and the function."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
