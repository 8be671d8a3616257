"""What one call reads and writes in one statement."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Many calls, one commit. Each reply is kept under its own lender's signed context, so the policies hold for each row; a
# call whose X-Request-ID was answered by another call writes nothing and is told so, without failing the others.
COMMIT = """
CREATE FUNCTION commit_calls(
    p_event_ids uuid[], p_topic text, p_event_keys text[], p_payloads bytea[],
    p_contexts text[], p_request_keys uuid[], p_digests bytea[], p_languages text[], p_replies bytea[],
    p_replied_at timestamptz[]
) RETURNS boolean[] LANGUAGE plpgsql VOLATILE SECURITY INVOKER AS $$
DECLARE
    is_written boolean[] := array_fill(true, ARRAY[cardinality(p_event_ids)]);
BEGIN
    FOR i IN 1 .. cardinality(p_event_ids) LOOP
        CONTINUE WHEN p_request_keys[i] IS NULL;
        PERFORM set_config('app.context', p_contexts[i], true);
        INSERT INTO public.idempotent_reply AS old (lender_id, request_key, body_digest, language, reply, replied_at)
        VALUES (split_part(p_contexts[i], '|', 1), p_request_keys[i], p_digests[i], p_languages[i], p_replies[i],
            p_replied_at[i])
        ON CONFLICT (lender_id, request_key) DO UPDATE SET body_digest = excluded.body_digest,
            language = excluded.language, reply = excluded.reply, replied_at = excluded.replied_at
        WHERE old.replied_at <= excluded.replied_at - interval '24 hours';
        is_written[i] := FOUND;
    END LOOP;
    INSERT INTO public.outbox (event_id, name, topic, key, payload)
    SELECT event_id, 'audit_event', p_topic, key, payload
    FROM unnest(p_event_ids, p_event_keys, p_payloads, is_written) AS one (event_id, key, payload, is_written)
    WHERE one.is_written;
    RETURN is_written;
END $$;
GRANT EXECUTE ON FUNCTION commit_calls(
    uuid[], text, text[], bytea[], text[], uuid[], bytea[], text[], bytea[], timestamptz[]
) TO score;
"""

# One round trip: the context and the reply that this lender's X-Request-ID was answered with.
KEPT = """
CREATE FUNCTION kept_reply_for(p_context text, p_request_key uuid, p_after timestamptz)
RETURNS TABLE (body_digest bytea, language text, reply bytea) LANGUAGE plpgsql VOLATILE SECURITY INVOKER AS $$
BEGIN
    PERFORM set_config('app.context', p_context, true);
    RETURN QUERY SELECT r.body_digest, r.language, r.reply FROM public.idempotent_reply r
    WHERE r.lender_id = split_part(p_context, '|', 1) AND r.request_key = p_request_key AND r.replied_at > p_after;
END $$;
GRANT EXECUTE ON FUNCTION kept_reply_for(text, uuid, timestamptz) TO score;
"""


def upgrade() -> None:
    """Adds the two functions."""
    op.execute(COMMIT)
    op.execute(KEPT)
