"""The witness hands its signatures over, so that they stand in the proofs that are given out."""

from alembic import op

revision = "0014"
down_revision = "0013"

TABLE = """
CREATE TABLE audit_cosignature (
    chain     text NOT NULL REFERENCES audit_chain (chain),
    seq       bigint NOT NULL CHECK (seq > 0),
    statement text NOT NULL CHECK (octet_length(statement) <= 1024),
    signature text NOT NULL CHECK (signature ~ '^[0-9a-f]{128}$'),
    noted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, seq, signature)
);
COMMENT ON TABLE audit_cosignature IS 'of the witness over checkpoints; readers verify, the database cannot';
CREATE TRIGGER audit_cosignature_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_cosignature ENABLE ALWAYS TRIGGER audit_cosignature_append_only;
"""

# The one thing that the witness's role may write: a few rows about a checkpoint that is there.
FUNCTION = """
CREATE FUNCTION audit_cosign(p_chain text, p_seq bigint, p_statement text, p_signature text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_checkpoint c WHERE c.chain = p_chain AND c.seq = p_seq)
       OR (SELECT count(*) FROM audit_cosignature s WHERE s.chain = p_chain AND s.seq = p_seq) >= 8 THEN
        RAISE EXCEPTION 'no checkpoint that waits for a cosignature' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_cosignature (chain, seq, statement, signature)
    VALUES (p_chain, p_seq, p_statement, p_signature) ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION audit_cosign FROM PUBLIC;
GRANT SELECT ON audit_cosignature TO audit;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'audit_verifier') THEN
        GRANT SELECT ON audit_cosignature TO audit_verifier;
        GRANT EXECUTE ON FUNCTION audit_cosign TO audit_verifier;
    END IF;
END $$;
"""


def upgrade() -> None:
    """Makes the list of cosignatures; a witness of the release before goes on and hands nothing over."""
    for statement in (TABLE, FUNCTION):
        op.execute(statement)
