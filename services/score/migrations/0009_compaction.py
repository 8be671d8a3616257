"""Scores that no answer needs any more give up their signed record; where the service is with it, and its index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The row itself stays: a grievance may name the score. The record is kept by scoring, which owns it.
PLACE = """
CREATE INDEX sealed_score_by_age ON sealed_score (scored_at, score_id);
CREATE TABLE score_compaction (
    is_only   boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    scored_at timestamptz NOT NULL DEFAULT 'epoch',
    score_id  text NOT NULL DEFAULT ''
);
COMMENT ON TABLE score_compaction IS 'the last score, by age, that the compaction looked at';
INSERT INTO score_compaction DEFAULT VALUES;
GRANT SELECT ON score_compaction TO score;
COMMENT ON COLUMN sealed_score.sealed_record IS 'empty once neither a score nor a history can show it';
"""

# Along sealed_score_by_age; the next score of the retailer is one probe of sealed_score_newest. Months are India's, as
# in score_history_for(): of each month the last score stays whole, and so does the newest of a retailer. The service's
# role may not update scores; this function can only empty them, and only in the projector's signed context.
FUNCTION = """
CREATE FUNCTION compact_scores(p_before timestamptz, p_limit int, OUT examined bigint, OUT emptied bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH place AS (
        SELECT scored_at, score_id FROM score_compaction FOR UPDATE
    ), examined AS (
        SELECT x.score_id, x.scored_at, x.retailer_id FROM sealed_score x, place
        WHERE (x.scored_at, x.score_id) > (place.scored_at, place.score_id) AND x.scored_at < p_before
        ORDER BY x.scored_at, x.score_id LIMIT p_limit
    ), emptied AS (
        UPDATE sealed_score s SET sealed_record = '', seal_key_id = '', seal = ''
        FROM examined e CROSS JOIN LATERAL (
            SELECT l.scored_at FROM sealed_score l
            WHERE l.retailer_id = e.retailer_id AND (l.scored_at, l.score_id) > (e.scored_at, e.score_id)
            ORDER BY l.scored_at, l.score_id LIMIT 1
        ) later
        WHERE s.score_id = e.score_id
          AND date_trunc('month', later.scored_at, 'Asia/Kolkata') = date_trunc('month', e.scored_at, 'Asia/Kolkata')
        RETURNING s.score_id
    ), moved AS (
        UPDATE score_compaction c SET scored_at = last.scored_at, score_id = last.score_id
        FROM (SELECT scored_at, score_id FROM examined ORDER BY scored_at DESC, score_id DESC LIMIT 1) last
    )
    SELECT (SELECT count(*) FROM examined), (SELECT count(*) FROM emptied)
$$;
REVOKE ALL ON FUNCTION compact_scores FROM PUBLIC;
GRANT EXECUTE ON FUNCTION compact_scores TO score;
"""


def upgrade() -> None:
    """Adds the index, the place, and the one function that may empty a record."""
    op.execute(PLACE)
    op.execute(FUNCTION)
