"""Which entries are in the locked bucket as Parquet files."""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLE = """
CREATE TABLE audit_export (
    chain      text NOT NULL REFERENCES audit_chain (chain),
    first_seq  bigint NOT NULL CHECK (first_seq > 0),
    last_seq   bigint NOT NULL,
    day        date NOT NULL,
    last_hash  bytea NOT NULL CHECK (octet_length(last_hash) = 32),
    root_hash  bytea NOT NULL CHECK (octet_length(root_hash) = 32),
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    object_key text NOT NULL CHECK (octet_length(object_key) <= 256),
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, first_seq),
    CHECK (last_seq >= first_seq)
);
COMMENT ON TABLE audit_export IS 'files that were read back and verified; they follow each other without a gap';
CREATE TRIGGER audit_export_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_export
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_export ENABLE ALWAYS TRIGGER audit_export_append_only;
"""

FUNCTION = """
CREATE FUNCTION audit_export_add(
    p_chain text, p_first bigint, p_last bigint, p_day date, p_last_hash bytea, p_root bytea, p_sha256 bytea, p_key text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_first IS DISTINCT FROM
           (SELECT coalesce(max(e.last_seq), 0) + 1 FROM audit_export e WHERE e.chain = p_chain)
       OR NOT EXISTS (
           SELECT FROM audit_log l WHERE l.chain = p_chain AND l.seq = p_last AND l.entry_hash = p_last_hash
       ) THEN
        RAISE EXCEPTION 'an export follows the one before and ends with an entry of its chain'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_export (chain, first_seq, last_seq, day, last_hash, root_hash, sha256, object_key)
    VALUES (p_chain, p_first, p_last, p_day, p_last_hash, p_root, p_sha256, p_key);
END $$;
REVOKE ALL ON FUNCTION audit_export_add FROM PUBLIC;
GRANT SELECT ON audit_export TO audit;
GRANT EXECUTE ON FUNCTION audit_export_add TO audit;
"""


def upgrade() -> None:
    """Makes the list of files; the worker then exports from the first entry on, file by file."""
    for statement in (TABLE, FUNCTION):
        op.execute(statement)
