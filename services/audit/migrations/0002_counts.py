"""What every producer sent against what arrived: counts by topic, and the holes in each producer's numbering."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE event_producer (
    producer text PRIMARY KEY CHECK (producer ~ '^[a-z_]{1,32}$'),
    seen     int8multirange NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN event_producer.seen IS 'every producer_seq that arrived; one range when nothing is missing';
CREATE TABLE event_count (
    topic    text NOT NULL,
    producer text NOT NULL REFERENCES event_producer (producer),
    events   bigint NOT NULL CHECK (events > 0),
    last_seq bigint NOT NULL,
    PRIMARY KEY (topic, producer)
);
"""

# A producer numbers across its topics, and topics arrive in any order: so the set of numbers is kept, not the last one.
COUNT = """
CREATE FUNCTION audit_count(p_topics text[], p_producers text[], p_seqs bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_fresh integer;
BEGIN
    INSERT INTO event_producer (producer)
    SELECT DISTINCT p FROM unnest(p_producers) AS p ORDER BY p ON CONFLICT DO NOTHING;
    PERFORM FROM event_producer WHERE producer = ANY (p_producers) ORDER BY producer FOR UPDATE;
    WITH fresh AS (
        SELECT DISTINCT ON (i.producer, i.seq) i.topic, i.producer, i.seq
        FROM unnest(p_topics, p_producers, p_seqs) AS i (topic, producer, seq)
        JOIN event_producer e ON e.producer = i.producer
        WHERE NOT e.seen @> i.seq
    ), counted AS (
        INSERT INTO event_count AS c (topic, producer, events, last_seq)
        SELECT topic, producer, count(*), max(seq) FROM fresh GROUP BY topic, producer
        ON CONFLICT (topic, producer) DO UPDATE
        SET events = c.events + excluded.events, last_seq = greatest(c.last_seq, excluded.last_seq)
    ), arrived AS (
        SELECT producer, range_agg(int8range(seq, seq, '[]')) AS numbers FROM fresh GROUP BY producer
    ), marked AS (
        UPDATE event_producer e SET seen = e.seen + a.numbers FROM arrived a WHERE a.producer = e.producer
    )
    SELECT count(*) INTO v_fresh FROM fresh;
    RETURN v_fresh;
END $$;
REVOKE ALL ON FUNCTION audit_count FROM PUBLIC;
"""

VIEWS = """
CREATE VIEW event_balance AS
SELECT producer,
       coalesce(upper(seen) - 1, 0) AS produced,
       (SELECT coalesce(sum(upper(r) - lower(r)), 0) FROM unnest(seen) AS r)::bigint AS applied,
       (SELECT min(lower(r)) FROM unnest(int8multirange(int8range(1, upper(seen))) - seen) AS r) AS first_missing
FROM event_producer;
COMMENT ON VIEW event_balance IS 'produced = applied + parked once nothing is under way';
CREATE VIEW event_unreadable AS
SELECT payload::jsonb ->> 'topic' AS topic, count(*) AS events
FROM audit_log WHERE action = 'unreadable_event' GROUP BY 1;
GRANT SELECT ON event_producer, event_count, event_balance, event_unreadable TO audit;
GRANT EXECUTE ON FUNCTION audit_count TO audit;
"""


def upgrade() -> None:
    """Makes the counts."""
    for statement in (TABLES, COUNT, VIEWS):
        op.execute(statement)
