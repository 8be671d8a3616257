"""Entries by day in India, action, producer, outcome and reason: a year is counted without reading its entries."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
CREATE TABLE audit_daily (
    day      date NOT NULL,
    chain    text NOT NULL REFERENCES audit_chain (chain),
    action   text NOT NULL,
    producer text NOT NULL,
    outcome  text NOT NULL,
    reason   text NOT NULL,
    entries  bigint NOT NULL CHECK (entries > 0),
    PRIMARY KEY (day, chain, action, producer, outcome, reason)
);
COMMENT ON TABLE audit_daily IS 'derived from audit_log alone; days of India; a text that is no code counts as other';
CREATE TABLE audit_daily_position (
    chain       text PRIMARY KEY REFERENCES audit_chain (chain),
    counted_seq bigint NOT NULL DEFAULT 0 CHECK (counted_seq >= 0)
);
COMMENT ON TABLE audit_daily_position IS 'every entry up to this one is counted, once';
INSERT INTO audit_daily_position (chain) SELECT chain FROM audit_chain;
"""

# Counted behind the appending, so that an append costs what it did. A payload that jsonb cannot hold has no codes.
FUNCTIONS = """
CREATE FUNCTION audit_codes(p_payload text, OUT producer text, OUT outcome text, OUT reason text)
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    v_entry jsonb;
BEGIN
    v_entry := p_payload::jsonb;
    producer := v_entry ->> 'producer';
    outcome := v_entry ->> 'outcome';
    reason := v_entry ->> 'reason';
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN;
END $$;
CREATE FUNCTION audit_code(p_text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_text IS NULL THEN 'none' WHEN p_text ~ '^[A-Za-z0-9_.-]{1,64}$' THEN p_text ELSE 'other' END
$$;
CREATE FUNCTION audit_count_days(p_limit integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_position record;
    v_last     bigint;
    v_counted  bigint := 0;
BEGIN
    IF p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'a limit from 1 to 100000 is expected' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR v_position IN SELECT p.chain, p.counted_seq FROM audit_daily_position p ORDER BY p.chain FOR UPDATE LOOP
        SELECT least(c.last_seq, v_position.counted_seq + p_limit) INTO v_last
        FROM audit_chain c WHERE c.chain = v_position.chain;
        CONTINUE WHEN v_last <= v_position.counted_seq;
        INSERT INTO audit_daily AS d (day, chain, action, producer, outcome, reason, entries)
        SELECT (l.occurred_at AT TIME ZONE 'UTC' + interval '5 hours 30 minutes')::date, l.chain, l.action,
               audit_code(c.producer), audit_code(c.outcome), audit_code(c.reason), count(*)
        FROM audit_log l, LATERAL audit_codes(l.payload) c
        WHERE l.chain = v_position.chain AND l.seq > v_position.counted_seq AND l.seq <= v_last
        GROUP BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (day, chain, action, producer, outcome, reason)
        DO UPDATE SET entries = d.entries + excluded.entries;
        UPDATE audit_daily_position SET counted_seq = v_last WHERE chain = v_position.chain;
        v_counted := v_counted + v_last - v_position.counted_seq;
    END LOOP;
    RETURN v_counted;
END $$;
REVOKE ALL ON FUNCTION audit_codes, audit_code, audit_count_days FROM PUBLIC;
GRANT SELECT ON audit_daily, audit_daily_position TO audit;
GRANT EXECUTE ON FUNCTION audit_count_days TO audit;
"""


def upgrade() -> None:
    """Makes the counters; the worker fills them behind the start, about a minute for a million entries."""
    for statement in (TABLES, FUNCTIONS):
        op.execute(statement)
