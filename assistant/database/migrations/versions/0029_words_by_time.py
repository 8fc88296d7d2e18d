"""Words are found newest first: the index of words knows the hour and the day of each message, too."""

from alembic import op

from assistant.database.online import make_index

revision = "0029"
down_revision = "0028"

_WITH = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_WITHOUT = "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd"
_PLAIN = f"translate(lower(normalize(coalesce(body->>'text', ''), NFC)), '{_WITH}', '{_WITHOUT}')"

UP = f"""
-- No parser makes words with this sign, so nobody can write them. An index knows no other function of ours by its bare
-- name, so 0026's is written out again.
CREATE FUNCTION words_at(body jsonb, at timestamptz) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple'::regconfig, {_PLAIN}) || array_to_tsvector(ARRAY[
        '⟦h' || floor(extract(epoch FROM at AT TIME ZONE 'UTC') / 3600)::bigint,
        '⟦d' || floor(extract(epoch FROM at AT TIME ZONE 'UTC') / 86400)::bigint])
$$;
"""


def upgrade() -> None:
    """Adds the function, and the index beside the one before, which it replaces.

    A node of the version before finds words without an index from then on: slowly, for as long as a rollout takes.
    """
    op.execute(UP)
    make_index(op, "inbox_words_at", "inbox USING gin (words_at(body, accepted_at)) WHERE kind = 'text'")
    op.execute("DROP INDEX IF EXISTS inbox_words")


def downgrade() -> None:
    """Takes them back."""
    op.execute("DROP INDEX inbox_words_at")
    op.execute("DROP FUNCTION words_at(jsonb, timestamptz)")
    op.execute("CREATE INDEX IF NOT EXISTS inbox_words ON inbox USING gin (words_of(body)) WHERE kind = 'text'")
