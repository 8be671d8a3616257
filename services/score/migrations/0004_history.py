"""Monthly snapshots, and client ids of the sandbox."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# One index probe of sealed_score_newest for each month, however many scores a retailer has. The month is India's.
HISTORY = """
CREATE FUNCTION score_history_for(p_context text, p_retailer text, p_purpose text, p_months int)
RETURNS TABLE (
    is_granted boolean, grant_version bigint, block_code text, blocked_at timestamptz,
    score_id text, scored_at timestamptz, sealed_record text, seal_key_id text, seal text
) LANGUAGE plpgsql VOLATILE SECURITY INVOKER AS $$
BEGIN
    PERFORM set_config('app.context', p_context, true);
    RETURN QUERY
    WITH RECURSIVE snapshot AS (
        (SELECT x.score_id, x.scored_at, x.sealed_record, x.seal_key_id, x.seal, 1 AS place
         FROM public.sealed_score x WHERE x.retailer_id = p_retailer
         ORDER BY x.scored_at DESC, x.score_id DESC LIMIT 1)
        UNION ALL
        SELECT older.score_id, older.scored_at, older.sealed_record, older.seal_key_id, older.seal, s.place + 1
        FROM snapshot s CROSS JOIN LATERAL (
            SELECT x.score_id, x.scored_at, x.sealed_record, x.seal_key_id, x.seal
            FROM public.sealed_score x
            WHERE x.retailer_id = p_retailer
              AND x.scored_at < date_trunc('month', s.scored_at, 'Asia/Kolkata')
            ORDER BY x.scored_at DESC, x.score_id DESC LIMIT 1) older
        WHERE s.place < p_months
    )
    SELECT coalesce(g.is_active AND g.expires_at > now(), false), coalesce(g.version, 0), b.code, b.blocked_at,
           s.score_id, s.scored_at, s.sealed_record, s.seal_key_id, s.seal
    FROM (SELECT) one
    LEFT JOIN public.consent_grant g
        ON g.retailer_id = p_retailer AND g.lender_id = split_part(p_context, '|', 1) AND g.purpose = p_purpose
    LEFT JOIN LATERAL (SELECT * FROM public.score_block x WHERE x.retailer_id = p_retailer AND x.scope = 'retailer'
        ORDER BY x.blocked_at DESC LIMIT 1) b ON true
    LEFT JOIN snapshot s ON true
    ORDER BY s.place;
END $$;
GRANT EXECUTE ON FUNCTION score_history_for(text, text, text, int) TO score;
"""

SANDBOX = """
ALTER TABLE lender DROP CONSTRAINT lender_lender_id_check;
ALTER TABLE lender ADD CONSTRAINT lender_lender_id_check CHECK (lender_id ~ '^(test_)?lender_[a-z0-9_]{1,48}$');
"""


def upgrade() -> None:
    """Adds the reading of monthly snapshots and lets test credentials stand beside live ones."""
    op.execute(HISTORY)
    op.execute(SANDBOX)
