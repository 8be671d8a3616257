"""What lenders' dashboards read: where each retailer stands, when a grant ended, bands by month."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# The new index also holds what a page of a portfolio shows of a grant, so that the older one has no use left.
GRANTS = """
CREATE INDEX consent_grant_portfolio ON consent_grant (lender_id, retailer_id, purpose) INCLUDE (expires_at, version)
    WHERE is_active;
CREATE INDEX consent_grant_ending ON consent_grant (lender_id, expires_at, retailer_id) WHERE is_active;
ALTER TABLE consent_grant ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN consent_grant.ended_at IS 'when the event of its end happened; none for ends before 0016';
CREATE INDEX consent_grant_ended ON consent_grant (lender_id, ended_at, retailer_id) WHERE NOT is_active;
DROP INDEX consent_grant_by_lender;
"""

# One row per retailer, for counting and choosing rows; what is shown of a retailer is always the signed record itself.
STANDING = """
CREATE TABLE retailer_standing (
    retailer_id            text PRIMARY KEY,
    score_id               text,
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
    run_blocked_at         timestamptz
);
COMMENT ON TABLE retailer_standing IS
    'newest score and blocks of each retailer, kept by triggers; counts and chooses, and is never itself shown';
CREATE INDEX retailer_standing_counted ON retailer_standing (retailer_id) INCLUDE (
    risk_band, recommended_limit_inr, is_low_confidence_data, data_as_of_on, scored_at, expires_at, blocked_at,
    block_code, run_blocked_at);
ALTER TABLE retailer_standing ENABLE ROW LEVEL SECURITY;
ALTER TABLE retailer_standing FORCE ROW LEVEL SECURITY;
CREATE POLICY lender_sees_granted ON retailer_standing FOR SELECT USING (EXISTS (
    SELECT FROM consent_grant g
    WHERE g.retailer_id = retailer_standing.retailer_id AND g.lender_id = (SELECT current_subject())
      AND g.is_active AND g.expires_at > now()));
CREATE POLICY projector ON retailer_standing
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
GRANT SELECT ON retailer_standing TO score;
"""

# Computed anew from the two newest scores and the newest blocks (sealed_score_newest, score_block_newest), so that an
# event that comes late changes nothing. Records that the compaction emptied say nothing.
KEEPING = """
CREATE FUNCTION standing_of(p_retailer text) RETURNS SETOF retailer_standing LANGUAGE sql STABLE AS $$
    WITH newest AS (
        SELECT x.score_id, x.scored_at, nullif(x.sealed_record, '')::jsonb AS record,
               row_number() OVER (ORDER BY x.scored_at DESC, x.score_id DESC) AS place
        FROM (SELECT * FROM public.sealed_score x WHERE x.retailer_id = p_retailer
              ORDER BY x.scored_at DESC, x.score_id DESC LIMIT 2) x
    )
    SELECT p_retailer, n.score_id, n.scored_at, (n.record ->> 'expires_at')::timestamptz, n.record ->> 'risk_band',
           (n.record ->> 'probability_of_default')::numeric, (n.record ->> 'recommended_limit_inr')::bigint,
           (n.record ->> 'is_low_confidence_data')::boolean, (n.record ->> 'data_as_of_on')::date,
           p.record ->> 'risk_band', (p.record ->> 'probability_of_default')::numeric,
           b.blocked_at, b.code,
           (SELECT b.blocked_at FROM public.score_block b WHERE b.retailer_id = p_retailer AND b.scope = 'run'
            ORDER BY b.blocked_at DESC LIMIT 1)
    FROM (SELECT) alone LEFT JOIN newest n ON n.place = 1 LEFT JOIN newest p ON p.place = 2
    LEFT JOIN LATERAL (SELECT x.blocked_at, x.code FROM public.score_block x
        WHERE x.retailer_id = p_retailer AND x.scope = 'retailer' ORDER BY x.blocked_at DESC LIMIT 1) b ON true
$$;
REVOKE ALL ON FUNCTION standing_of(text) FROM PUBLIC;
CREATE FUNCTION keep_standing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- A score and a block of one retailer, projected at once: the second reads what the first wrote.
    PERFORM pg_advisory_xact_lock(16, hashtext(NEW.retailer_id));
    INSERT INTO retailer_standing SELECT * FROM standing_of(NEW.retailer_id)
    ON CONFLICT (retailer_id) DO UPDATE SET
        score_id = excluded.score_id, scored_at = excluded.scored_at, expires_at = excluded.expires_at,
        risk_band = excluded.risk_band, probability_of_default = excluded.probability_of_default,
        recommended_limit_inr = excluded.recommended_limit_inr,
        is_low_confidence_data = excluded.is_low_confidence_data, data_as_of_on = excluded.data_as_of_on,
        previous_band = excluded.previous_band, previous_probability = excluded.previous_probability,
        blocked_at = excluded.blocked_at, block_code = excluded.block_code,
        run_blocked_at = excluded.run_blocked_at;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_standing() FROM PUBLIC;
CREATE TRIGGER standing_is_kept AFTER INSERT ON sealed_score FOR EACH ROW EXECUTE FUNCTION keep_standing();
CREATE TRIGGER standing_is_kept AFTER INSERT ON score_block FOR EACH ROW EXECUTE FUNCTION keep_standing();
"""

# Rows that are there already, in a context of the projector that this migration signs itself: the owner of the tables
# is bound by their policies too. A new database has no key yet, and no rows.
EXISTING = """
SELECT set_config('app.context',
    bounded || '|' || encode(hmac(convert_to(bounded, 'UTF8'), key, 'sha256'), 'hex'), true)
FROM context_key, (SELECT 'projector|' || (extract(epoch FROM clock_timestamp())::bigint + 86400) AS bounded) b;
INSERT INTO retailer_standing
SELECT s.* FROM (SELECT retailer_id FROM sealed_score UNION SELECT retailer_id FROM score_block) r
CROSS JOIN LATERAL standing_of(r.retailer_id) s;
SELECT set_config('app.context', '', true);
"""

# Of whole portfolios, never of a retailer: a month that is over is not counted again.
MONTHS = """
CREATE TABLE portfolio_month (
    lender_id             text NOT NULL CHECK (lender_id <> 'projector'),
    month                 date NOT NULL CHECK (extract(day FROM month) = 1),
    standing              text NOT NULL CHECK (standing IN ('A', 'B', 'C', 'D', 'blocked', 'not_scored')),
    retailers             bigint NOT NULL,
    recommended_limit_inr numeric NOT NULL,
    counted_at            timestamptz NOT NULL,
    PRIMARY KEY (lender_id, month, standing)
);
ALTER TABLE portfolio_month ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio_month FORCE ROW LEVEL SECURITY;
CREATE POLICY lender_sees_own ON portfolio_month FOR SELECT USING (lender_id = (SELECT current_subject()));
CREATE POLICY projector ON portfolio_month
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
GRANT SELECT, INSERT, UPDATE, DELETE ON portfolio_month TO score;
"""

# As before, and the row of the standing with it.
FORGETTING = """
CREATE OR REPLACE FUNCTION forget_erased(p_retailer_ids text[], OUT scores bigint, OUT blocks bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH erased AS (
        SELECT retailer_id FROM erased_retailer WHERE retailer_id = ANY(p_retailer_ids)
    ), score AS (
        DELETE FROM sealed_score x USING erased WHERE x.retailer_id = erased.retailer_id RETURNING 1
    ), block AS (
        DELETE FROM score_block x USING erased WHERE x.retailer_id = erased.retailer_id RETURNING 1
    ), standing AS (
        DELETE FROM retailer_standing x USING erased WHERE x.retailer_id = erased.retailer_id
    ), request AS (
        DELETE FROM score_request x USING erased WHERE x.retailer_id = erased.retailer_id
    ), ended AS (
        UPDATE consent_grant g SET is_active = false, ended_at = coalesce(g.ended_at, now()) FROM erased
        WHERE g.retailer_id = erased.retailer_id AND g.is_active
    )
    SELECT (SELECT count(*) FROM score), (SELECT count(*) FROM block)
$$;
"""


def upgrade() -> None:
    """Adds what dashboards read, and fills it from the rows that are there."""
    # Scores are served meanwhile: what shuts consent_grant comes last.
    for part in (STANDING, KEEPING, EXISTING, MONTHS, GRANTS, FORGETTING):
        op.execute(part)
