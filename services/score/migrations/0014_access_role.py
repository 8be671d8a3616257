"""Lenders' secrets, suspensions, epochs and revocations: the serving role reads them, functions of another role write.

The rows of lenders are MACed under a key that no database holds; `migrate` MACs those that were there before.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LENDERS = """
ALTER TABLE lender ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE lender ADD COLUMN former_secrets jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(former_secrets) = 'array');
ALTER TABLE lender ADD COLUMN mac bytea;
COMMENT ON COLUMN lender.mac IS 'HMAC over the row, by the service; a row without a right one counts for nobody';
COMMENT ON COLUMN lender.version IS 'grows by one with each change, so that an older row is not put back';
COMMENT ON COLUMN lender.former_secrets IS 'hashes that were replaced and still count, each with its end';
UPDATE lender l SET former_secrets = f.listed FROM (
    SELECT lender_id, jsonb_agg(jsonb_build_object('secret_hash', secret_hash, 'valid_until', valid_until)
        ORDER BY valid_until, secret_hash) AS listed
    FROM former_secret WHERE valid_until > now() GROUP BY lender_id) f
WHERE f.lender_id = l.lender_id;
COMMENT ON TABLE former_secret IS 'of the release before 0014; lender.former_secrets holds what counts';
CREATE TABLE lender_without_mac (lender_id text PRIMARY KEY REFERENCES lender);
COMMENT ON TABLE lender_without_mac IS 'lenders older than 0014, which migrate MACs once; the owner alone may see it';
INSERT INTO lender_without_mac SELECT lender_id FROM lender;
"""

# UPDATE (name) is what the release before needs to hold a lender while it issues a token; the MAC leaves the name out.
RIGHTS = """
REVOKE ALL ON lender, revoked_token, former_secret, access_order FROM score;
GRANT SELECT ON lender, revoked_token, former_secret TO score;
GRANT UPDATE (name) ON lender TO score;
REVOKE DELETE ON issued_token, refresh_token FROM score;
GRANT SELECT ON access_order TO score;
GRANT SELECT ON lender, revoked_token, issued_token, token_family, access_order TO score_access;
GRANT INSERT ON outbox TO score_access;
"""

WRITES = """
CREATE FUNCTION add_lender(
    p_lender_id text, p_name text, p_secret_hash text, p_created_at timestamptz, p_mac bytea
) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH added AS (
        INSERT INTO lender (lender_id, name, secret_hash, created_at, mac)
        VALUES (p_lender_id, p_name, p_secret_hash, p_created_at, p_mac)
        ON CONFLICT (lender_id) DO NOTHING RETURNING true
    )
    SELECT EXISTS (SELECT FROM added)
$$;
CREATE FUNCTION rename_lender(p_lender_id text, p_name text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE lender SET name = p_name WHERE lender_id = p_lender_id AND name <> p_name
$$;
CREATE FUNCTION lock_lender(p_lender_id text)
RETURNS SETOF lender LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT * FROM lender WHERE lender_id = p_lender_id FOR UPDATE
$$;
CREATE FUNCTION change_lender(
    p_lender_id text, p_version bigint, p_secret_hash text, p_is_active boolean, p_tokens_valid_from timestamptz,
    p_former_secrets jsonb, p_mac bytea
) RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH changed AS (
        UPDATE lender SET version = p_version, secret_hash = p_secret_hash, is_active = p_is_active,
            tokens_valid_from = p_tokens_valid_from, former_secrets = p_former_secrets, mac = p_mac
        WHERE lender_id = p_lender_id AND version = p_version - 1
          AND (tokens_valid_from IS NULL OR tokens_valid_from <= p_tokens_valid_from)
        RETURNING true
    )
    SELECT EXISTS (SELECT FROM changed)
$$;
CREATE FUNCTION claim_access_order(p_order_id uuid, p_kind text, p_lender_id text, p_jti text, p_done_at timestamptz)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH claimed AS (
        INSERT INTO access_order (order_id, kind, lender_id, jti, done_at)
        VALUES (p_order_id, p_kind, p_lender_id, p_jti, p_done_at) ON CONFLICT (order_id) DO NOTHING RETURNING true
    )
    SELECT EXISTS (SELECT FROM claimed)
$$;
"""

# A token lives an hour: its revocation is kept for one from now at least, whatever issued_token says of its end.
REVOCATIONS = """
CREATE FUNCTION revoke_issued_token(p_jti text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO revoked_token (jti, expires_at)
    SELECT jti, greatest(expires_at, now() + interval '1 hour') FROM issued_token WHERE jti = p_jti
    ON CONFLICT (jti) DO NOTHING
$$;
CREATE FUNCTION revoke_lender_tokens(p_lender_id text, p_now timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO revoked_token (jti, expires_at)
    SELECT t.jti, greatest(t.expires_at, now() + interval '1 hour')
    FROM issued_token t JOIN token_family f USING (family_id)
    WHERE f.lender_id = p_lender_id AND f.revoked_at IS NULL ON CONFLICT (jti) DO NOTHING;
    UPDATE token_family SET revoked_at = p_now WHERE lender_id = p_lender_id AND revoked_at IS NULL
$$;
CREATE FUNCTION revoke_token_family(p_family_id text, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE token_family SET revoked_at = p_now WHERE family_id = p_family_id AND revoked_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO revoked_token (jti, expires_at)
    SELECT jti, greatest(expires_at, now() + interval '1 hour') FROM issued_token WHERE family_id = p_family_id
    ON CONFLICT (jti) DO NOTHING;
    RETURN true;
END $$;
CREATE FUNCTION hold_active_lender(p_lender_id text)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT true FROM lender WHERE lender_id = p_lender_id AND is_active FOR SHARE), false)
$$;
"""

# What the serving role may call drops nothing that still counts, whichever instant it names.
EXPIRED = """
CREATE FUNCTION forget_expired_access(p_now timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DELETE FROM revoked_token WHERE expires_at <= least(p_now, now()) - interval '1 hour';
    DELETE FROM former_secret WHERE valid_until <= least(p_now, now());
    DELETE FROM access_order WHERE done_at <= least(p_now, now()) - interval '90 days'
$$;
"""

# Which tokens a family has is what a revocation goes by: a revoked family stays so, and one that lives stays whole.
FAMILIES = """
CREATE FUNCTION keep_token_family() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RETURN CASE WHEN OLD.expires_at <= now() THEN OLD END;
    END IF;
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
        RAISE EXCEPTION 'a revoked family stays revoked' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER token_family_is_kept BEFORE UPDATE OR DELETE ON token_family
    FOR EACH ROW EXECUTE FUNCTION keep_token_family();
"""

EXECUTION = """
REVOKE ALL ON FUNCTION add_lender, rename_lender, lock_lender, change_lender, claim_access_order, revoke_issued_token,
    revoke_lender_tokens, revoke_token_family, hold_active_lender, forget_expired_access FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_lender, rename_lender, lock_lender, change_lender, claim_access_order,
    revoke_issued_token, revoke_lender_tokens TO score_access;
GRANT EXECUTE ON FUNCTION revoke_token_family, hold_active_lender, forget_expired_access TO score;
"""


def upgrade() -> None:
    """Takes the serving role's writing away and gives it to functions."""
    for part in (LENDERS, RIGHTS, WRITES, REVOCATIONS, EXPIRED, FAMILIES, EXECUTION):
        op.execute(part)
