"""Events carry MACs, every insert leaves a trace; the serving role neither reads nor takes back an event (ADR 0048)."""

from alembic import op
from altscore_libs.ddl import outbox_accounting

revision = "0012"
down_revision = "0011"

# As commit_calls before it, with the MAC of each event. The former one stays for processes of the release before.
COMMIT = """
CREATE FUNCTION commit_calls(
    p_event_ids uuid[], p_topic text, p_event_keys text[], p_payloads bytea[], p_macs bytea[],
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
    INSERT INTO public.outbox (event_id, name, topic, key, payload, mac)
    SELECT event_id, 'audit_event', p_topic, key, payload, mac
    FROM unnest(p_event_ids, p_event_keys, p_payloads, p_macs, is_written)
        AS entry (event_id, key, payload, mac, is_written)
    WHERE entry.is_written;
    RETURN is_written;
END $$;
GRANT EXECUTE ON FUNCTION commit_calls(
    uuid[], text, text[], bytea[], bytea[], text[], uuid[], bytea[], text[], bytea[], timestamptz[]
) TO score;
"""


def upgrade() -> None:
    """Adds the columns, the tables, the trigger, the rights and the function; the role `score_relay` must exist."""
    op.execute(outbox_accounting("score", shows_payloads=False))
    op.execute(COMMIT)
