"""Erased retailers: their scores, blocks and requests go, and nothing of theirs is projected again."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ERASED = """
CREATE TABLE erased_retailer (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    request_id  text NOT NULL,
    erased_at   timestamptz NOT NULL,
    applied_at  timestamptz NOT NULL
);
COMMENT ON TABLE erased_retailer IS 'kept for ever: no later score, block or grant of these ids is projected';
ALTER TABLE erased_retailer ENABLE ROW LEVEL SECURITY;
ALTER TABLE erased_retailer FORCE ROW LEVEL SECURITY;
CREATE POLICY projector ON erased_retailer
    USING ((SELECT current_subject()) = 'projector') WITH CHECK ((SELECT current_subject()) = 'projector');
CREATE POLICY projector_forgets ON score_request
    USING ((SELECT current_subject()) = 'projector') WITH CHECK (false);
GRANT SELECT, INSERT ON erased_retailer TO score;
"""

# The service's role may not delete scores; this function can only delete those of retailers that are recorded as
# erased, and only in the projector's signed context. Ended grants stay: they find what is cached, and hold ids alone.
FUNCTION = """
CREATE FUNCTION forget_erased(p_retailer_ids text[], OUT scores bigint, OUT blocks bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH erased AS (
        SELECT retailer_id FROM erased_retailer WHERE retailer_id = ANY(p_retailer_ids)
    ), score AS (
        DELETE FROM sealed_score x USING erased WHERE x.retailer_id = erased.retailer_id RETURNING 1
    ), block AS (
        DELETE FROM score_block x USING erased WHERE x.retailer_id = erased.retailer_id RETURNING 1
    ), request AS (
        DELETE FROM score_request x USING erased WHERE x.retailer_id = erased.retailer_id
    ), ended AS (
        UPDATE consent_grant g SET is_active = false FROM erased
        WHERE g.retailer_id = erased.retailer_id AND g.is_active
    )
    SELECT (SELECT count(*) FROM score), (SELECT count(*) FROM block)
$$;
REVOKE ALL ON FUNCTION forget_erased FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_erased TO score;
"""


def upgrade() -> None:
    """Adds the table, and the one function that may delete."""
    op.execute(ERASED)
    op.execute(FUNCTION)
