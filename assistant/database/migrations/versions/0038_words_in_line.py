"""The words of a message are worked out within the statement that stores it, not in a function called for it.

PostgreSQL puts a function's body in its place where all of it is immutable. `text || bigint` is only stable, since it
asks the number's type for its text; cast to text first, the value is the same and the body is immutable. Called as a
function, it was parsed and planned anew by each statement that touched the index: an eighth of all that a turn costs
PostgreSQL.
"""

from alembic import op

revision = "0038"
down_revision = "0037"

_WITH = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_WITHOUT = "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd"
_PLAIN = f"translate(lower(normalize(coalesce(body->>'text', ''), NFC)), '{_WITH}', '{_WITHOUT}')"


def _words_at(cast: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION words_at(body jsonb, at timestamptz) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT to_tsvector('simple'::regconfig, {_PLAIN}) || array_to_tsvector(ARRAY[
        '⟦h' || floor(extract(epoch FROM at AT TIME ZONE 'UTC') / 3600)::bigint{cast},
        '⟦d' || floor(extract(epoch FROM at AT TIME ZONE 'UTC') / 86400)::bigint{cast}])
$$;
"""


def upgrade() -> None:
    """Writes the function anew; what it returns is the same, so the index of words stays as it is."""
    op.execute(_words_at("::text"))


def downgrade() -> None:
    """Takes it back."""
    op.execute(_words_at(""))
