"""Months of a chain are signed as segments; one that is due is deleted once two persons decided it, its root stays."""

from alembic import op

revision = "0013"
down_revision = "0012"

# The database can verify no signature: readers and the verifier pass over rows whose signature does not hold, so that
# what SQL as the service's role adds takes no place that a signed row needs.
TABLES = """
CREATE TABLE audit_segment (
    chain     text NOT NULL REFERENCES audit_chain (chain),
    last_seq  bigint NOT NULL CHECK (last_seq > 0 AND last_seq % 256 = 0),
    month     text NOT NULL CHECK (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    document  text NOT NULL CHECK (octet_length(document) <= 1024),
    signature text NOT NULL CHECK (signature ~ '^[0-9a-f]{128}$'),
    PRIMARY KEY (chain, last_seq, signature)
);
COMMENT ON COLUMN audit_segment.document IS 'RFC 8785 text that is signed; the same bytes stand in the WORM bucket';
CREATE TABLE audit_segment_deletion (
    chain      text NOT NULL REFERENCES audit_chain (chain),
    last_seq   bigint NOT NULL CHECK (last_seq > 0 AND last_seq % 256 = 0),
    record     text NOT NULL CHECK (octet_length(record) <= 4096),
    key_id     text NOT NULL CHECK (octet_length(key_id) <= 128),
    signature  text NOT NULL CHECK (signature ~ '^[0-9a-f]{128}$'),
    noted_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, last_seq, signature)
);
COMMENT ON COLUMN audit_segment_deletion.record IS 'what admin signed for the two persons who decided';
CREATE TRIGGER audit_segment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_segment
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_segment_deletion_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_segment_deletion
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_segment ENABLE ALWAYS TRIGGER audit_segment_append_only;
ALTER TABLE audit_segment_deletion ENABLE ALWAYS TRIGGER audit_segment_deletion_append_only;
"""

# A checkpoint outlives the entry it names; that it named one when it was added is what audit_checkpoint_add() holds.
CHECKPOINTS = "ALTER TABLE audit_checkpoint DROP CONSTRAINT audit_checkpoint_chain_seq_fkey"

# No statement deletes an entry that is younger than its chain is kept, or in no segment that was decided about.
GUARD = """
CREATE FUNCTION audit_kept_for(p_chain text) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_chain WHEN 'failed_auth' THEN interval '2 years' ELSE interval '7 years' END
$$;
CREATE FUNCTION audit_log_refuse_kept() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM gone g WHERE g.recorded_at > now() - audit_kept_for(g.chain) OR g.seq > (
            SELECT coalesce(max(d.last_seq), 0) FROM audit_segment_deletion d WHERE d.chain = g.chain
        )
    ) THEN
        RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER audit_log_append_only ON audit_log;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_log_kept AFTER DELETE ON audit_log REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_kept();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_kept;
"""

FUNCTIONS = """
CREATE FUNCTION audit_segment_add(
    p_chain text, p_last bigint, p_last_hash bytea, p_month text, p_document text, p_signature text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_log l WHERE l.chain = p_chain AND l.seq = p_last AND l.entry_hash = p_last_hash
    ) THEN
        RAISE EXCEPTION 'a segment ends with an entry of its chain' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_segment (chain, last_seq, month, document, signature)
    VALUES (p_chain, p_last, p_month, p_document, p_signature) ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION audit_segment_decide(
    p_chain text, p_last bigint, p_record text, p_key_id text, p_signature text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_segment s WHERE s.chain = p_chain AND s.last_seq = p_last) THEN
        RAISE EXCEPTION 'there is no such segment' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_segment_deletion (chain, last_seq, record, key_id, signature)
    VALUES (p_chain, p_last, p_record, p_key_id, p_signature) ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION audit_segment_delete(p_chain text, p_last bigint, p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_deleted integer;
BEGIN
    DELETE FROM audit_log l WHERE l.chain = p_chain AND l.seq IN (
        SELECT o.seq FROM audit_log o WHERE o.chain = p_chain AND o.seq <= p_last ORDER BY o.seq LIMIT p_limit
    );
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END $$;
REVOKE ALL ON FUNCTION audit_segment_add, audit_segment_decide, audit_segment_delete, audit_kept_for,
    audit_log_refuse_kept FROM PUBLIC;
GRANT SELECT ON audit_segment, audit_segment_deletion TO audit;
GRANT EXECUTE ON FUNCTION audit_segment_add, audit_segment_decide, audit_segment_delete TO audit;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'audit_verifier') THEN
        GRANT SELECT ON audit_segment, audit_segment_deletion TO audit_verifier;
    END IF;
END $$;
"""


def upgrade() -> None:
    """Makes the lists of segments and deletions; the service of the release before goes on and deletes nothing."""
    for statement in (TABLES, CHECKPOINTS, GUARD, FUNCTIONS):
        op.execute(statement)
