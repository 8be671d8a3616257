"""A row per lender and retailer with what dashboards count and choose by, so that a portfolio is read in one pass."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Only the keys are indexed: a newer score changes no index.
HOLDINGS = """
CREATE TABLE portfolio_holding (
    lender_id              text NOT NULL CHECK (lender_id <> 'projector'),
    retailer_id            text NOT NULL,
    consent_expires_at     timestamptz NOT NULL,
    scored_at              timestamptz,
    expires_at             timestamptz,
    risk_band              text,
    probability_of_default numeric,
    recommended_limit_inr  bigint,
    is_low_confidence_data boolean,
    data_as_of_on          date,
    previous_band          text,
    previous_probability   numeric,
    blocked_at             timestamptz,
    block_code             text,
    run_blocked_at         timestamptz,
    PRIMARY KEY (lender_id, retailer_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE portfolio_holding IS
    'retailers with an active grant for a lender and where each stands, kept by triggers; never itself shown';
COMMENT ON COLUMN portfolio_holding.consent_expires_at IS 'of the active grant that lasts longest';
CREATE INDEX portfolio_holding_of_retailer ON portfolio_holding (retailer_id);
ALTER TABLE portfolio_holding ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio_holding FORCE ROW LEVEL SECURITY;
CREATE POLICY lender_sees_own ON portfolio_holding FOR SELECT
    USING (lender_id = (SELECT current_subject()) AND consent_expires_at > now());
CREATE POLICY projector ON portfolio_holding
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
GRANT SELECT ON portfolio_holding TO score;
"""

# Computed anew from the grants and the standing, under the lock that keep_standing() takes: of a grant and a score of
# one retailer, projected at once, the second reads what the first wrote.
KEEPING = """
CREATE FUNCTION holding_of(p_lender text, p_retailer text) RETURNS SETOF portfolio_holding LANGUAGE sql STABLE AS $$
    SELECT p_lender, p_retailer, max(g.expires_at), t.scored_at, t.expires_at, t.risk_band, t.probability_of_default,
           t.recommended_limit_inr, t.is_low_confidence_data, t.data_as_of_on, t.previous_band, t.previous_probability,
           t.blocked_at, t.block_code, t.run_blocked_at
    FROM public.consent_grant g LEFT JOIN public.retailer_standing t ON t.retailer_id = g.retailer_id
    WHERE g.lender_id = p_lender AND g.retailer_id = p_retailer AND g.is_active
    GROUP BY t.retailer_id
$$;
REVOKE ALL ON FUNCTION holding_of(text, text) FROM PUBLIC;
CREATE FUNCTION keep_holding() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Whoever passes row-level security by, but not its owner who runs this, would change grants and no holding.
    IF current_subject() IS DISTINCT FROM 'projector' THEN
        RAISE EXCEPTION 'grants are written in the context of the projector' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(16, hashtext(NEW.retailer_id));
    INSERT INTO portfolio_holding SELECT * FROM holding_of(NEW.lender_id, NEW.retailer_id)
    ON CONFLICT (lender_id, retailer_id) DO UPDATE SET consent_expires_at = excluded.consent_expires_at;
    IF NOT FOUND THEN
        DELETE FROM portfolio_holding WHERE lender_id = NEW.lender_id AND retailer_id = NEW.retailer_id;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_holding() FROM PUBLIC;
CREATE FUNCTION keep_holdings_standing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE portfolio_holding SET
        scored_at = NEW.scored_at, expires_at = NEW.expires_at, risk_band = NEW.risk_band,
        probability_of_default = NEW.probability_of_default, recommended_limit_inr = NEW.recommended_limit_inr,
        is_low_confidence_data = NEW.is_low_confidence_data, data_as_of_on = NEW.data_as_of_on,
        previous_band = NEW.previous_band, previous_probability = NEW.previous_probability,
        blocked_at = NEW.blocked_at, block_code = NEW.block_code, run_blocked_at = NEW.run_blocked_at
    WHERE retailer_id = NEW.retailer_id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_holdings_standing() FROM PUBLIC;
CREATE TRIGGER holding_is_kept AFTER INSERT OR UPDATE ON consent_grant
    FOR EACH ROW EXECUTE FUNCTION keep_holding();
CREATE TRIGGER holdings_are_kept AFTER INSERT OR UPDATE ON retailer_standing
    FOR EACH ROW EXECUTE FUNCTION keep_holdings_standing();
"""

# As in 0016; nobody writes grants or standings since the triggers were made.
EXISTING = """
SELECT set_config('app.context',
    bounded || '|' || encode(hmac(convert_to(bounded, 'UTF8'), key, 'sha256'), 'hex'), true)
FROM context_key, (SELECT 'projector|' || (extract(epoch FROM clock_timestamp())::bigint + 86400) AS bounded) b;
INSERT INTO portfolio_holding
SELECT h.* FROM (SELECT DISTINCT lender_id, retailer_id FROM consent_grant WHERE is_active) g
CROSS JOIN LATERAL holding_of(g.lender_id, g.retailer_id) h;
SELECT set_config('app.context', '', true);
ANALYZE portfolio_holding;
"""


def upgrade() -> None:
    """Adds the table, and fills it; the release before does not read it, and its writes keep it."""
    for part in (HOLDINGS, KEEPING, EXISTING):
        op.execute(part)
