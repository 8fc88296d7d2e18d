"""The audit trail as a chain, the application's own role, the sealed root key, what people were told, erasure."""

from alembic import op

revision = "0004"
down_revision = "0003"

# Roles belong to the whole server: another database's migration may make the same one at the same moment.
ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'assistant_app') THEN
        BEGIN
            CREATE ROLE assistant_app NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'role assistant_app is missing and % may not create it', current_user
                    USING HINT = 'As an administrator: CREATE ROLE assistant_app NOLOGIN; GRANT assistant_app TO '
                                 || quote_ident(current_user) || ';';
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'assistant_app', 'MEMBER') THEN
        EXECUTE format('GRANT assistant_app TO %I', current_user);
    END IF;
    -- From PostgreSQL 16 on, whoever creates a role is its member but may not act as it.
    IF current_setting('server_version_num')::int >= 160000
       AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT assistant_app TO %I WITH SET TRUE', current_user);
    END IF;
END $$;
"""

UP = """
ALTER TABLE audit RENAME TO audit_before;
ALTER TABLE audit_before RENAME CONSTRAINT audit_pkey TO audit_before_pkey;

CREATE TABLE audit (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,                   -- the writing node's clock, UTC
    event text NOT NULL,                       -- assistant.accounts.audit.events
    actor text NOT NULL,                       -- p_… (a person's pseudonym), staff:…, system:…
    subject text NOT NULL,                     -- whom it is about, likewise; empty: nobody
    place text NOT NULL,                       -- channel, page or command
    details jsonb NOT NULL,
    digest bytea,                              -- HMAC of all the above
    xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX audit_of_transaction ON audit (xid);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_of_subject ON audit (subject, at);

CREATE TABLE audit_chain (
    position bigint PRIMARY KEY,
    entry uuid NOT NULL UNIQUE REFERENCES audit (id),
    linked_at timestamptz NOT NULL,
    link bytea NOT NULL                        -- HMAC of the link before, the position and the entry
);

CREATE TABLE audit_head (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    base_position bigint NOT NULL,             -- where the chain begins; moves when old entries are removed
    base_link bytea NOT NULL,
    position bigint NOT NULL,                  -- where it ends
    link bytea NOT NULL,
    imported xid8 NOT NULL,                    -- entries of this transaction are from before the chain
    watermark xid8 NOT NULL,                   -- older transactions had ended, and were tied
    signed bytea                               -- HMAC of all but the watermark
);
INSERT INTO audit_head (base_position, base_link, position, link, imported, watermark)
VALUES (0, decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', 32), 'hex'), pg_current_xact_id(),
        pg_current_xact_id());

-- What was written before names conversations; the hash's salt is forgotten here.
INSERT INTO audit (id, at, event, actor, subject, place, details)
SELECT gen_random_uuid(), b.at, b.event, p.name, p.name, 'imported', b.details - 'member' - 'actor' - 'where'
FROM (SELECT gen_random_uuid()::text AS salt) s, audit_before b,
     LATERAL (SELECT 'x_' || left(encode(sha256(convert_to(s.salt || b.person, 'UTF8')), 'hex'), 16) AS name) p;
DROP TABLE audit_before;

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('assistant.audit_prune', true) = 'on' THEN
        RETURN NULL;                           -- `assistant retention`, as the owner
    END IF;
    RAISE EXCEPTION '% of % is refused: the audit trail is only added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_stays;
ALTER TABLE audit_chain ENABLE ALWAYS TRIGGER audit_stays;
ALTER TABLE audit_head ENABLE ALWAYS TRIGGER audit_stays;

CREATE TABLE keyring (
    name text PRIMARY KEY,
    sealed bytea NOT NULL,                     -- a random key that others are derived from, AES-256-GCM
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notices (
    version text PRIMARY KEY,                  -- first digits of the SHA-256 of its text
    text text NOT NULL,
    first_told_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE consents (
    conversation text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    notice text NOT NULL REFERENCES notices (version),
    channel text NOT NULL,
    told_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation, notice)
);

ALTER TABLE conversations ADD COLUMN erased_at timestamptz;  -- what is older is removed as soon as it may be
CREATE INDEX conversations_erased ON conversations (erased_at) WHERE erased_at IS NOT NULL;

-- To find what is too old; a few kilobytes each, since rows come in time's order.
CREATE INDEX inbox_age ON inbox USING brin (accepted_at);
CREATE INDEX outbox_age ON outbox USING brin (created_at);
CREATE INDEX attempts_age ON attempts USING brin (at);

GRANT USAGE ON SCHEMA public TO assistant_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO assistant_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO assistant_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO assistant_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO assistant_app;
REVOKE ALL ON audit, audit_chain, audit_head, keyring FROM assistant_app;
GRANT SELECT, INSERT (id, at, event, actor, subject, place, details, digest) ON audit TO assistant_app;
GRANT SELECT, INSERT ON audit_chain TO assistant_app;
GRANT SELECT, UPDATE (position, link, signed, watermark) ON audit_head TO assistant_app;
GRANT SELECT, INSERT, UPDATE ON keyring TO assistant_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM assistant_app;
"""

DOWN = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM assistant_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM assistant_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM assistant_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM assistant_app;
REVOKE ALL ON SCHEMA public FROM assistant_app;
DROP INDEX inbox_age, outbox_age, attempts_age;
ALTER TABLE conversations DROP COLUMN erased_at;
DROP TABLE consents, notices, keyring, audit_head, audit_chain;
ALTER TABLE audit RENAME TO audit_after;
ALTER TABLE audit_after RENAME CONSTRAINT audit_pkey TO audit_after_pkey;
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    event text NOT NULL,
    person text NOT NULL,
    details jsonb NOT NULL
);
INSERT INTO audit (at, event, person, details)
SELECT at, event, CASE subject WHEN '' THEN actor ELSE subject END, details FROM audit_after ORDER BY at, id;
DROP TABLE audit_after;
DROP FUNCTION audit_stays;
"""


def upgrade() -> None:
    op.execute(ROLE)
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
