"""What the alert rules of the specification found in the entries, and how far they have read."""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
CREATE TABLE audit_detection (
    rule        text NOT NULL CHECK (rule ~ '^[a-z_]{1,32}$'),
    chain       text NOT NULL REFERENCES audit_chain (chain),
    seq         bigint NOT NULL CHECK (seq > 0),
    at          timestamptz NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (rule, chain, seq)
);
COMMENT ON TABLE audit_detection IS 'derived from audit_log alone: the entry with which a rule of alerting was met';
CREATE INDEX audit_detection_newest ON audit_detection (detected_at);
CREATE TABLE audit_detection_position (
    chain    text PRIMARY KEY REFERENCES audit_chain (chain),
    read_seq bigint NOT NULL CHECK (read_seq >= 0)
);
COMMENT ON TABLE audit_detection_position IS 'the rules have read every entry up to this one';
"""

# Nobody is alerted of the past: reading begins where the chains end now.
BEGIN = "INSERT INTO audit_detection_position (chain, read_seq) SELECT chain, last_seq FROM audit_chain"

FUNCTION = """
CREATE FUNCTION audit_detected(
    p_chain text, p_from bigint, p_to bigint, p_rules text[], p_seqs bigint[], p_ats timestamptz[]
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_from IS NULL OR p_to IS NULL OR p_to < p_from
       OR EXISTS (SELECT FROM unnest(p_seqs) AS s WHERE s > p_to)
       OR NOT EXISTS (SELECT FROM audit_chain c WHERE c.chain = p_chain AND c.last_seq >= p_to) THEN
        RAISE EXCEPTION 'a position moves forward within its chain' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE audit_detection_position SET read_seq = p_to WHERE chain = p_chain AND read_seq = p_from;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO audit_detection (rule, chain, seq, at)
    SELECT d.rule, p_chain, d.seq, d.at FROM unnest(p_rules, p_seqs, p_ats) AS d (rule, seq, at)
    ON CONFLICT DO NOTHING;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION audit_detected FROM PUBLIC;
GRANT SELECT ON audit_detection, audit_detection_position TO audit;
GRANT EXECUTE ON FUNCTION audit_detected TO audit;
"""


def upgrade() -> None:
    """Makes both tables; the release before knows nothing of them."""
    for statement in (TABLES, BEGIN, FUNCTION):
        op.execute(statement)
