"""When the last whole copy was made: noted by whoever made it, told by /metrics."""

from alembic import op

revision = "0028"
down_revision = "0023"

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
REVOKE ALL ON FUNCTION note_backup(text) FROM PUBLIC;
"""

DOWN = """
DROP FUNCTION note_backup(text);
DROP TABLE backups;
"""


def upgrade() -> None:
    """Adds the table and the function."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
