"""Conversations are found by the words people wrote, with or without accents; answers by what people thought."""

from alembic import op

revision = "0026"
down_revision = "0025"

_WITH = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_WITHOUT = "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd"

_PLAIN = f"translate(lower(normalize({{}}, NFC)), '{_WITH}', '{_WITHOUT}')"

UP = f"""
-- The words of a message as they are searched; identifiers are tokens in it, no text of theirs is a word.
CREATE FUNCTION plain_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT {_PLAIN.format("said")}
$$;
-- An index knows no other function of ours by its bare name: it is written out.
CREATE FUNCTION words_of(body jsonb) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple'::regconfig, {_PLAIN.format("coalesce(body->>'text', '')")})
$$;
CREATE INDEX inbox_words ON inbox USING gin (words_of(body)) WHERE kind = 'text';
CREATE INDEX handovers_of_agent ON handovers (agent, asked_at) WHERE agent IS NOT NULL;
"""

DOWN = """
DROP INDEX handovers_of_agent, inbox_words;
DROP FUNCTION words_of(jsonb);
DROP FUNCTION plain_words(text);
"""


def upgrade() -> None:
    """Adds the functions and the indexes."""
    op.execute(UP)


def downgrade() -> None:
    """Removes them."""
    op.execute(DOWN)
