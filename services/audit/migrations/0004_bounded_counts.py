"""Numbers that no producer can have given are refused, not counted: they would hide losses or never be made up for."""

from alembic import op

revision = "0004"
down_revision = "0003"

# The former function counts what this one lets through. 23514 is what a batch is tried again message by message for,
# so that the offending event alone is chained as an opaque entry.
COUNT = """
ALTER FUNCTION audit_count(text[], text[], bigint[]) RENAME TO audit_count_bounded;
REVOKE ALL ON FUNCTION audit_count_bounded FROM audit;
CREATE FUNCTION audit_count(p_topics text[], p_producers text[], p_seqs bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(p_seqs) AS s (seq) WHERE seq IS NULL OR seq < 1) THEN
        RAISE EXCEPTION 'a number is 1 or more' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_producers, p_seqs) AS i (producer, seq)
        JOIN event_producer e ON e.producer = i.producer
        WHERE NOT isempty(e.seen) AND i.seq > upper(e.seen) + {max_jump}
    ) THEN
        RAISE EXCEPTION 'a number is too far ahead' USING ERRCODE = 'check_violation';
    END IF;
    RETURN audit_count_bounded(p_topics, p_producers, p_seqs);
END $$;
REVOKE ALL ON FUNCTION audit_count FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_count TO audit;
"""
MAX_JUMP = 1_000_000


def upgrade() -> None:
    """Puts the bounds in front of the counting."""
    op.execute(COUNT.format(max_jump=MAX_JUMP))
