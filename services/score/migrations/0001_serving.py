"""The serving store: sealed scores behind row-level security, the grants projection, lenders, replies."""

from alembic import op
from altscore_libs.ddl import inbox_tables, outbox_tables, signed_context

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LENDERS = """
CREATE TABLE lender (
    lender_id         text PRIMARY KEY CHECK (lender_id ~ '^lender_[a-z0-9_]{1,48}$'),
    name              text NOT NULL,
    secret_hash       text NOT NULL,
    is_active         boolean NOT NULL DEFAULT true,
    tokens_valid_from timestamptz,
    created_at        timestamptz NOT NULL
);
COMMENT ON COLUMN lender.tokens_valid_from IS 'the lender''s epoch: tokens issued at or before it are refused';
CREATE TABLE revoked_token (
    jti        text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE TABLE auth_failure (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id text NOT NULL,
    source    text NOT NULL,
    failed_at timestamptz NOT NULL
);
CREATE INDEX auth_failure_recent ON auth_failure (client_id, source, failed_at);
GRANT SELECT, INSERT, UPDATE ON lender TO score;
GRANT SELECT, INSERT, DELETE ON revoked_token, auth_failure TO score;
"""

PROJECTION = """
CREATE TABLE consent_grant (
    retailer_id text NOT NULL,
    lender_id   text NOT NULL CHECK (lender_id <> 'projector'),
    purpose     text NOT NULL,
    consent_id  text NOT NULL,
    version     bigint NOT NULL,
    is_active   boolean NOT NULL,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (retailer_id, lender_id, purpose)
);
COMMENT ON TABLE consent_grant IS
    'projection of consent events; an ended grant stays as a tombstone, which no late grant of an older version undoes';
CREATE INDEX consent_grant_by_retailer ON consent_grant (retailer_id, lender_id) INCLUDE (expires_at) WHERE is_active;
CREATE INDEX consent_grant_by_lender ON consent_grant (lender_id, retailer_id) INCLUDE (expires_at) WHERE is_active;
CREATE TABLE sealed_score (
    score_id      text PRIMARY KEY,
    retailer_id   text NOT NULL,
    scored_at     timestamptz NOT NULL,
    sealed_record text NOT NULL,
    seal_key_id   text NOT NULL,
    seal          text NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sealed_score_newest ON sealed_score (retailer_id, scored_at DESC, score_id DESC);
CREATE TABLE score_block (
    block_id    text PRIMARY KEY,
    retailer_id text NOT NULL,
    scope       text NOT NULL CHECK (scope IN ('retailer', 'run')),
    reason      text NOT NULL,
    code        text NOT NULL,
    blocked_at  timestamptz NOT NULL
);
CREATE INDEX score_block_newest ON score_block (retailer_id, scope, blocked_at DESC);
CREATE TABLE run_block (
    block_id   text PRIMARY KEY,
    reason     text NOT NULL,
    code       text NOT NULL,
    blocked_at timestamptz NOT NULL
);
CREATE INDEX run_block_newest ON run_block (blocked_at DESC);
CREATE TABLE stale_cache (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    retailer_id text NOT NULL
);
COMMENT ON TABLE stale_cache IS 'cached scores to drop once the change that made them stale is committed';
GRANT SELECT, INSERT, UPDATE ON consent_grant TO score;
GRANT SELECT, INSERT ON sealed_score, score_block, run_block TO score;
GRANT SELECT, INSERT, DELETE ON stale_cache TO score;
"""

LENDERS_OWN = """
CREATE TABLE idempotent_reply (
    lender_id   text NOT NULL,
    request_key uuid NOT NULL,
    body_digest bytea NOT NULL,
    language    text NOT NULL,
    reply       bytea NOT NULL,
    replied_at  timestamptz NOT NULL,
    PRIMARY KEY (lender_id, request_key)
);
CREATE INDEX idempotent_reply_old ON idempotent_reply (replied_at);
CREATE TABLE score_request (
    lender_id    text NOT NULL,
    retailer_id  text NOT NULL,
    requested_at timestamptz NOT NULL,
    PRIMARY KEY (lender_id, retailer_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotent_reply, score_request TO score;
"""

# `(SELECT current_subject())` is computed once a statement. EXISTS, never IN: that would hash all the lender's grants.
POLICIES = """
ALTER TABLE consent_grant    ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent_grant    FORCE ROW LEVEL SECURITY;
ALTER TABLE sealed_score     ENABLE ROW LEVEL SECURITY;
ALTER TABLE sealed_score     FORCE ROW LEVEL SECURITY;
ALTER TABLE score_block      ENABLE ROW LEVEL SECURITY;
ALTER TABLE score_block      FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotent_reply ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotent_reply FORCE ROW LEVEL SECURITY;
ALTER TABLE score_request    ENABLE ROW LEVEL SECURITY;
ALTER TABLE score_request    FORCE ROW LEVEL SECURITY;
CREATE POLICY lender_sees_own ON consent_grant FOR SELECT USING (lender_id = (SELECT current_subject()));
CREATE POLICY projector ON consent_grant
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
CREATE POLICY lender_sees_granted ON sealed_score FOR SELECT USING (EXISTS (
    SELECT FROM consent_grant g
    WHERE g.retailer_id = sealed_score.retailer_id AND g.lender_id = (SELECT current_subject())
      AND g.is_active AND g.expires_at > now()));
CREATE POLICY projector ON sealed_score
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
CREATE POLICY lender_sees_granted ON score_block FOR SELECT USING (EXISTS (
    SELECT FROM consent_grant g
    WHERE g.retailer_id = score_block.retailer_id AND g.lender_id = (SELECT current_subject())
      AND g.is_active AND g.expires_at > now()));
CREATE POLICY projector ON score_block
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
CREATE POLICY lender_owns ON idempotent_reply
    USING (lender_id = (SELECT current_subject())) WITH CHECK (lender_id = (SELECT current_subject()));
CREATE POLICY projector_clears ON idempotent_reply
    USING ((SELECT current_subject()) = 'projector') WITH CHECK (false);
CREATE POLICY lender_owns ON score_request
    USING (lender_id = (SELECT current_subject())) WITH CHECK (lender_id = (SELECT current_subject()));
"""

# One round trip: the context, the grant, the newest score and the newest blocks, all under the policies above.
READ = """
CREATE FUNCTION score_for(p_context text, p_retailer text, p_purpose text)
RETURNS TABLE (
    is_granted boolean, grant_version bigint, score_id text, scored_at timestamptz,
    sealed_record text, seal_key_id text, seal text, block_code text, blocked_at timestamptz, run_blocked_at timestamptz
) LANGUAGE plpgsql VOLATILE SECURITY INVOKER AS $$
BEGIN
    PERFORM set_config('app.context', p_context, true);
    RETURN QUERY
    SELECT coalesce(g.is_active AND g.expires_at > now(), false), coalesce(g.version, 0),
           s.score_id, s.scored_at, s.sealed_record, s.seal_key_id, s.seal, b.code, b.blocked_at, r.blocked_at
    FROM (SELECT) one
    LEFT JOIN public.consent_grant g
        ON g.retailer_id = p_retailer AND g.lender_id = split_part(p_context, '|', 1) AND g.purpose = p_purpose
    LEFT JOIN LATERAL (SELECT * FROM public.sealed_score x WHERE x.retailer_id = p_retailer
        ORDER BY x.scored_at DESC, x.score_id DESC LIMIT 1) s ON true
    LEFT JOIN LATERAL (SELECT * FROM public.score_block x WHERE x.retailer_id = p_retailer AND x.scope = 'retailer'
        ORDER BY x.blocked_at DESC LIMIT 1) b ON true
    LEFT JOIN LATERAL (SELECT * FROM public.score_block x WHERE x.retailer_id = p_retailer AND x.scope = 'run'
        ORDER BY x.blocked_at DESC LIMIT 1) r ON true;
END $$;
GRANT EXECUTE ON FUNCTION score_for(text, text, text) TO score;
"""


def upgrade() -> None:
    """Makes the first schema."""
    op.execute(outbox_tables("score"))
    op.execute(inbox_tables("score"))
    op.execute(signed_context("score"))
    for part in (LENDERS, PROJECTION, LENDERS_OWN, POLICIES, READ):
        op.execute(part)
