"""The chain: an append-only log, its heads, its checkpoints, and the one function that may write it."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE audit_chain (
    chain     text PRIMARY KEY CHECK (chain ~ '^[a-z_]{1,32}$'),
    last_seq  bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(last_hash) = 32)
);
COMMENT ON TABLE audit_chain IS 'head of each chain; locked by the writer, so that seq has no gaps';
INSERT INTO audit_chain (chain) VALUES ('general'), ('failed_auth');

CREATE TABLE audit_log (
    chain       text NOT NULL REFERENCES audit_chain (chain),
    seq         bigint NOT NULL CHECK (seq > 0),
    event_id    uuid NOT NULL UNIQUE,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    action      text NOT NULL CHECK (action ~ '^[a-z0-9_.]{1,64}$'),
    payload     text NOT NULL,
    prev_hash   bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
    entry_hash  bytea NOT NULL CHECK (octet_length(entry_hash) = 32),
    PRIMARY KEY (chain, seq)
);
COMMENT ON COLUMN audit_log.payload IS 'RFC 8785 text; jsonb would change the bytes that are hashed';
CREATE INDEX audit_log_by_action ON audit_log (action, chain, seq);

CREATE TABLE audit_checkpoint (
    chain      text NOT NULL,
    seq        bigint NOT NULL,
    entry_hash bytea NOT NULL,
    document   text NOT NULL,
    signature  text NOT NULL CHECK (signature ~ '^[0-9a-f]{128}$'),
    key_id     text NOT NULL,
    object_key text NOT NULL,
    signed_at  timestamptz NOT NULL,
    PRIMARY KEY (chain, seq),
    FOREIGN KEY (chain, seq) REFERENCES audit_log (chain, seq)
);
COMMENT ON COLUMN audit_checkpoint.document IS 'RFC 8785 text that is signed; the same bytes stand in the WORM bucket';
"""

# ENABLE ALWAYS: session_replication_role = replica must not switch them off either
APPEND_ONLY = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION audit_head_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.chain <> OLD.chain OR NEW.last_seq < OLD.last_seq THEN
        RAISE EXCEPTION 'a chain never goes back' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chain_stays BEFORE DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_chain_forward BEFORE UPDATE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION audit_head_moves_forward();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;
ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_append_only;
ALTER TABLE audit_chain ENABLE ALWAYS TRIGGER audit_chain_stays;
ALTER TABLE audit_chain ENABLE ALWAYS TRIGGER audit_chain_forward;
"""

# The caller has no hash to forge: the database numbers, hashes and links. An event id seen before with the same payload
# is a repetition and passed over; with another one it is returned in `conflicts`, so that the caller chains that too.
APPEND = """
CREATE FUNCTION audit_hash(
    chain text, seq bigint, prev_hash bytea, event_id uuid, occurred_at timestamptz, recorded_at timestamptz,
    action text, payload text
) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(
        'altscore-audit-1' || E'\\n' || chain || E'\\n' || seq || E'\\n' || encode(prev_hash, 'hex')
        || E'\\n' || event_id
        || E'\\n' || (extract(epoch FROM occurred_at) * 1000000)::bigint
        || E'\\n' || (extract(epoch FROM recorded_at) * 1000000)::bigint
        || E'\\n' || action || E'\\n' || payload, 'UTF8'))
$$;
CREATE FUNCTION audit_append(
    p_chain text, p_event_ids uuid[], p_occurred_at timestamptz[], p_actions text[], p_payloads text[],
    OUT appended integer, OUT conflicts uuid[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_seq      bigint;
    v_prev     bytea;
    v_at       timestamptz;
    v_hash     bytea;
    v_entry    record;
    v_seqs     bigint[] := '{}';
    v_ids      uuid[] := '{}';
    v_occurred timestamptz[] := '{}';
    v_actions  text[] := '{}';
    v_payloads text[] := '{}';
    v_prevs    bytea[] := '{}';
    v_hashes   bytea[] := '{}';
BEGIN
    IF p_event_ids IS NULL OR cardinality(p_event_ids) <> cardinality(p_occurred_at)
       OR cardinality(p_event_ids) <> cardinality(p_actions) OR cardinality(p_event_ids) <> cardinality(p_payloads) THEN
        RAISE EXCEPTION 'arrays of one length are expected' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT c.last_seq, c.last_hash INTO v_seq, v_prev FROM audit_chain c WHERE c.chain = p_chain FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such chain' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    v_at := clock_timestamp();  -- after the lock, so that the order of seq is the order of time
    FOR v_entry IN
        SELECT i.event_id, i.occurred_at, i.action, i.payload,
               row_number() OVER (PARTITION BY i.event_id ORDER BY i.n) = 1 AND l.event_id IS NULL AS is_new,
               coalesce(l.payload, first_value(i.payload) OVER (PARTITION BY i.event_id ORDER BY i.n)) AS standing
        FROM unnest(p_event_ids, p_occurred_at, p_actions, p_payloads) WITH ORDINALITY
             AS i (event_id, occurred_at, action, payload, n)
        LEFT JOIN audit_log l ON l.event_id = i.event_id
        ORDER BY i.n
    LOOP
        IF v_entry.is_new THEN
            v_seq := v_seq + 1;
            v_hash := audit_hash(p_chain, v_seq, v_prev, v_entry.event_id, v_entry.occurred_at, v_at, v_entry.action,
                                 v_entry.payload);
            v_seqs := v_seqs || v_seq;
            v_ids := v_ids || v_entry.event_id;
            v_occurred := v_occurred || v_entry.occurred_at;
            v_actions := v_actions || v_entry.action;
            v_payloads := v_payloads || v_entry.payload;
            v_prevs := v_prevs || v_prev;
            v_hashes := v_hashes || v_hash;
            v_prev := v_hash;
        ELSIF v_entry.standing <> v_entry.payload THEN
            conflicts := conflicts || v_entry.event_id;
        END IF;
    END LOOP;
    INSERT INTO audit_log (chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash)
    SELECT p_chain, e.seq, e.event_id, e.occurred_at, v_at, e.action, e.payload, e.prev_hash, e.entry_hash
    FROM unnest(v_seqs, v_ids, v_occurred, v_actions, v_payloads, v_prevs, v_hashes)
         AS e (seq, event_id, occurred_at, action, payload, prev_hash, entry_hash);
    UPDATE audit_chain SET last_seq = v_seq, last_hash = v_prev WHERE chain = p_chain;
    appended := cardinality(v_seqs);
    conflicts := coalesce(conflicts, '{}');
END $$;
CREATE FUNCTION audit_checkpoint_add(
    p_chain text, p_seq bigint, p_entry_hash bytea, p_document text, p_signature text, p_key_id text,
    p_object_key text, p_signed_at timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_log l WHERE l.chain = p_chain AND l.seq = p_seq AND l.entry_hash = p_entry_hash
    ) THEN
        RAISE EXCEPTION 'a checkpoint names an entry of its chain' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_checkpoint (chain, seq, entry_hash, document, signature, key_id, object_key, signed_at)
    VALUES (p_chain, p_seq, p_entry_hash, p_document, p_signature, p_key_id, p_object_key, p_signed_at)
    ON CONFLICT (chain, seq) DO NOTHING;
END $$;
"""

GRANTS = """
REVOKE ALL ON FUNCTION audit_append, audit_checkpoint_add, audit_hash FROM PUBLIC;
GRANT SELECT ON audit_chain, audit_log, audit_checkpoint TO audit;
GRANT EXECUTE ON FUNCTION audit_append, audit_checkpoint_add TO audit;
"""

# A deployment that made the verifier's own role first gives it reading rights here; the role is optional.
VERIFIER = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'audit_verifier') THEN
        GRANT SELECT ON audit_chain, audit_log, audit_checkpoint TO audit_verifier;
    END IF;
END $$;
"""


def upgrade() -> None:
    """Makes the chain."""
    for statement in (TABLES, APPEND_ONLY, APPEND, GRANTS, VERIFIER):
        op.execute(statement)
