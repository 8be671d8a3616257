"""The Merkle tree over each chain: every complete subtree of 256, 65,536, … leaves, kept as entries are appended."""

from alembic import op

revision = "0006"
down_revision = "0004"

# A leaf is an entry's hash. Levels between those that are stored are computed from at most 256 neighbours, so that a
# proof reads a few ranges of at most 256 rows, and an entry costs 1/255 of a row.
TABLE = """
CREATE TABLE audit_tree_node (
    chain text NOT NULL REFERENCES audit_chain (chain),
    level smallint NOT NULL CHECK (level BETWEEN 8 AND 48 AND level % 8 = 0),
    index bigint NOT NULL CHECK (index >= 0),
    hash  bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (chain, level, index)
);
COMMENT ON TABLE audit_tree_node IS 'RFC 6962 hash over the entries index * 2^level + 1 to (index + 1) * 2^level';
CREATE TRIGGER audit_tree_node_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_tree_node
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_tree_node ENABLE ALWAYS TRIGGER audit_tree_node_append_only;
"""

# Neighbours stand behind each other in one byte string: a pair is a slice of 64 bytes.
FUNCTIONS = """
CREATE FUNCTION audit_subtree_hash(p_nodes bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog AS $$
DECLARE
    v_nodes bytea := p_nodes;
BEGIN
    WHILE octet_length(v_nodes) > 32 LOOP
        v_nodes := (
            SELECT string_agg(sha256('\\x01'::bytea || substring(v_nodes FROM 64 * i + 1 FOR 64)), ''::bytea ORDER BY i)
            FROM generate_series(0, octet_length(v_nodes) / 64 - 1) AS i
        );
    END LOOP;
    RETURN v_nodes;
END $$;
CREATE FUNCTION audit_tree_grow(p_chain text, p_before bigint, p_after bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_first bigint := p_before / 256;
    v_last  bigint := p_after / 256;
    v_level smallint := 8;
BEGIN
    -- a node that is there already was planted: whoever checks the tree names it, the chain goes on
    INSERT INTO audit_tree_node (chain, level, index, hash)
    SELECT * FROM (
        SELECT p_chain, v_level, i, audit_subtree_hash((
            SELECT string_agg(sha256('\\x00'::bytea || l.entry_hash), ''::bytea ORDER BY l.seq)
            FROM audit_log l WHERE l.chain = p_chain AND l.seq > i * 256 AND l.seq <= (i + 1) * 256
        )) AS hash
        FROM generate_series(v_first, v_last - 1) AS i
    ) nodes WHERE hash IS NOT NULL ON CONFLICT DO NOTHING;
    WHILE v_first / 256 < v_last / 256 LOOP
        v_first := v_first / 256;
        v_last := v_last / 256;
        v_level := v_level + 8;
        INSERT INTO audit_tree_node (chain, level, index, hash)
        SELECT * FROM (
            SELECT p_chain, v_level, i, audit_subtree_hash((
                SELECT string_agg(n.hash, ''::bytea ORDER BY n.index) FROM audit_tree_node n
                WHERE n.chain = p_chain AND n.level = v_level - 8 AND n.index >= i * 256 AND n.index < (i + 1) * 256
            )) AS hash
            FROM generate_series(v_first, v_last - 1) AS i
        ) nodes WHERE hash IS NOT NULL ON CONFLICT DO NOTHING;
    END LOOP;
END $$;
CREATE FUNCTION audit_tree_follows() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM audit_tree_grow(NEW.chain, OLD.last_seq, NEW.last_seq);
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit_subtree_hash, audit_tree_grow, audit_tree_follows FROM PUBLIC;
"""

# The head moves once for every batch, in the transaction that appends it.
TRIGGER = """
CREATE TRIGGER audit_chain_tree AFTER UPDATE ON audit_chain
    FOR EACH ROW WHEN (NEW.last_seq > OLD.last_seq) EXECUTE FUNCTION audit_tree_follows();
ALTER TABLE audit_chain ENABLE ALWAYS TRIGGER audit_chain_tree;
"""

FILL = "SELECT audit_tree_grow(chain, 0, last_seq) FROM audit_chain"

GRANTS = """
GRANT SELECT ON audit_tree_node TO audit;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'audit_verifier') THEN
        GRANT SELECT ON audit_chain, audit_log, audit_checkpoint, audit_tree_node TO audit_verifier;
    END IF;
END $$;
"""


def upgrade() -> None:
    """Makes the tree over what is chained already; the worker waits meanwhile, about a minute for ten million entries.

    The service of the release before goes on as it is: the trigger works for it too.
    """
    op.execute("LOCK TABLE audit_chain IN SHARE ROW EXCLUSIVE MODE")
    for statement in (TABLE, FUNCTIONS, TRIGGER, FILL, GRANTS):
        op.execute(statement)
