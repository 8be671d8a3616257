"""What an entry can be found by, newest first: retailer, request, lender, actor, action and time."""

from alembic import op

revision = "0003"
down_revision = "0002"

# The terms are read from the hashed text itself, so an index cannot say what the chain does not. A payload that jsonb
# cannot hold (\u0000) has no terms and is chained all the same. 'any' is the term of every entry: an index begins with
# a term, so no plan can walk through time looking for one.
TERM = """
CREATE FUNCTION audit_term(p_payload text, p_kind text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    v_entry jsonb;
    v_term  text;
BEGIN
    IF p_kind = 'any' THEN
        RETURN 'any';
    END IF;
    v_entry := p_payload::jsonb;
    IF v_entry ? 'claimed_payload' THEN
        v_entry := (v_entry ->> 'claimed_payload')::jsonb;
    END IF;
    v_term := CASE p_kind
        WHEN 'actor' THEN v_entry ->> 'actor'
        WHEN 'request' THEN v_entry -> 'details' ->> 'request_id'
        WHEN 'retailer' THEN coalesce(
            substring(v_entry ->> 'subject' FROM '^ret_[0-9a-f]{16}$'), v_entry -> 'details' ->> 'retailer_id')
        WHEN 'lender' THEN coalesce(
            substring(v_entry ->> 'actor' FROM '^((test_)?lender_[a-z0-9_]{1,48})$'),
            substring(v_entry ->> 'subject' FROM '^((test_)?lender_[a-z0-9_]{1,48})$'),
            v_entry -> 'details' ->> 'lender_id')
    END;
    RETURN CASE WHEN length(v_term) <= 128 THEN v_term END;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION audit_term FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_term TO audit;
"""

INDEXES = (
    "CREATE INDEX audit_log_newest ON audit_log (audit_term(payload, 'any'), occurred_at, event_id)",
    "CREATE INDEX audit_log_newest_of_action ON audit_log (action, occurred_at, event_id)",
    *(
        f"CREATE INDEX audit_log_newest_of_{kind} ON audit_log (audit_term(payload, '{kind}'), occurred_at, event_id)"
        f" WHERE audit_term(payload, '{kind}') IS NOT NULL"
        for kind in ("actor", "request", "retailer", "lender")
    ),
)


def upgrade() -> None:
    """Makes the terms and their indexes; the worker waits meanwhile, a few minutes for ten million entries."""
    for statement in (TERM, *INDEXES):
        op.execute(statement)
