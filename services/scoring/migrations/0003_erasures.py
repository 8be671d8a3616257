"""Erased retailers: their scores, blocks and evidence go, and no run scores them again."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ERASED = """
CREATE TABLE erased_retailers (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    request_id  text NOT NULL,
    erased_at   timestamptz NOT NULL,
    applied_at  timestamptz NOT NULL
);
COMMENT ON TABLE erased_retailers IS 'kept for ever: these ids are left out of every run, whatever Gold holds';
GRANT SELECT, INSERT ON erased_retailers TO scoring;
COMMENT ON COLUMN evidence.body IS 'empty once its retailer is erased';
"""

# The service's role may not change or delete scores and evidence; this function can do so only for retailers that are
# recorded as erased. Evidence is emptied, not deleted: deleting it would look through all scores for each record.
# Each record of evidence of kind features, score or block names its retailer, so none is shared.
FUNCTION = """
CREATE FUNCTION forget_erased(p_retailer_ids text[], OUT scores bigint, OUT blocks bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ids text[] := ARRAY(SELECT e.retailer_id FROM erased_retailers e WHERE e.retailer_id = ANY(p_retailer_ids));
    outcomes text[];
    used text[];
BEGIN
    DELETE FROM revocations r WHERE r.retailer_id = ANY(ids);  -- first: what settles them ends here, or before
    DELETE FROM score_requests q WHERE q.retailer_id = ANY(ids);
    outcomes := ARRAY(
        SELECT s.evidence_digest FROM scores s WHERE s.retailer_id = ANY(ids)
        UNION SELECT b.evidence_digest FROM blocks b WHERE b.retailer_id = ANY(ids) AND b.evidence_digest IS NOT NULL);
    used := ARRAY(
        SELECT e.body::jsonb ->> 'features' FROM evidence e
        WHERE e.digest = ANY(outcomes) AND e.kind IN ('score', 'block') AND e.body <> '');
    WITH gone AS (DELETE FROM public.scores s WHERE s.retailer_id = ANY(ids) RETURNING 1)
    SELECT count(*) INTO scores FROM gone;
    WITH gone AS (DELETE FROM public.blocks b WHERE b.retailer_id = ANY(ids) RETURNING 1)
    SELECT count(*) INTO blocks FROM gone;
    UPDATE evidence e SET body = ''
    WHERE e.digest = ANY(outcomes || used) AND e.kind IN ('features', 'score', 'block') AND e.body <> '';
END $$;
REVOKE ALL ON FUNCTION forget_erased FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_erased TO scoring;
"""


def upgrade() -> None:
    """Adds the table, and the one function that may delete."""
    op.execute(ERASED)
    op.execute(FUNCTION)
