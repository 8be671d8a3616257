"""Rows for admin's measurements: a year of audit entries, and 100,000 affected retailers; servers are thrown away."""

import time
from datetime import UTC, datetime, timedelta

import psycopg

from bench.audit_search import entries

END_AT = entries.END_AT
RETAILERS, INCIDENTS, DISTRIBUTORS, GRIEVANCES = 100_000, 5_000, 1_000, 20_000
REVOCATIONS, RUNS = 20_000, 365
STARTED_AT = datetime(2025, 12, 1, tzinfo=UTC)
# What a report reads one by one; behind the entries of the search's own measurement.
_EXTRA = """
INSERT INTO audit_log (chain, seq, event_id, occurred_at, recorded_at, action, payload, prev_hash, entry_hash)
SELECT 'general', %(first)s + n, gen_random_uuid(), %(since)s + n * %(gap)s, %(since)s + n * %(gap)s, %(action)s,
       replace(%(payload)s, '@', to_char((%(since)s + n * %(gap)s - interval '2 s') AT TIME ZONE 'UTC',
               'YYYY-MM-DD"T"HH24:MI:SS"Z"')), sha256(''), sha256('')
FROM generate_series(1, %(rows)s) AS n
"""
# The hashes are no chain, so that nothing could be signed: a report names checkpoints, and verifies none.
_CHECKPOINT = """
SELECT audit_checkpoint_add('general', %s, sha256(''), 'bench', repeat('0', 128), 'bench', 'bench', %s)
"""
_REVOKED = (
    '{"producer":"consent","outcome":"ok","reason":"retailer_request","details":{"consent_id":"cns_1","sent_at":"@"}}'
)
_RUN = (
    '{"producer":"scoring","outcome":"ok","reason":null,"details":{"computed":"95000","blocked_GR-5":"3000",'
    '"blocked_GR-2":"500","air_district":"0.8700","air_size_band":"0.8500"}}'
)
_ADMIN = (
    """INSERT INTO distributors SELECT 'dist_' || n, 'Distributor ' || n, 'active', 'ops-1', now()
    FROM generate_series(1, %(distributors)s) AS n""",
    """INSERT INTO incidents (incident_id, title, kind, severity, is_drill, status, aware_at, opened_by, opened_at)
    SELECT 'inc_' || lpad(to_hex(n), 32, '0'), 'Incident ' || n, 'test_finding', 'P' || n %% 4 + 1, n %% 50 = 0, 'open',
           %(since)s + n * interval '1 hour', 'sec-1', %(since)s + n * interval '1 hour'
    FROM generate_series(1, %(incidents)s) AS n""",
    """INSERT INTO incident_clocks (incident_id, clock, due_at, warn_at, met_at, met_by)
    SELECT incident_id, c, aware_at + interval '1 hour', aware_at + interval '45 min', aware_at + interval '30 min', 's'
    FROM incidents, unnest(ARRAY['acknowledge', 'contain', 'legal', 'cert_in']) AS c""",
    """INSERT INTO incident_affected SELECT 'inc_' || lpad('1', 32, '0'), 'ret_' || lpad(to_hex(n), 16, '0'), 'dist_1'
    FROM generate_series(1, %(retailers)s) AS n""",
    """INSERT INTO grievances (grievance_id, retailer_id, lender_id, score_id, grievance_type, sealed_description,
        filed_at, ack_by, resolution_by)
    SELECT 'grv_' || lpad(to_hex(n), 32, '0'), 'ret_' || lpad(to_hex(n), 16, '0'), 'lender_1', 'scr_1', 'data_error',
           '', %(since)s + n * interval '20 min', %(since)s + n * interval '20 min' + interval '1 day',
           %(since)s + n * interval '20 min' + interval '7 days' FROM generate_series(1, %(grievances)s) AS n""",
    """INSERT INTO anomalies SELECT 'ano_' || n, 'ret_' || lpad(to_hex(n), 16, '0'), 'run_1', -0.2, -0.1,
           %(since)s + n * interval '1 min', 'open' FROM generate_series(1, %(retailers)s) AS n""",
    "ANALYZE",
)


def fill_audit(dsn: str, rows: int) -> dict[str, float]:
    """Entries of a year; the tree stays as it is, since nothing here proves anything. Seconds and MiB."""
    figures = entries.load(dsn, rows)
    begun = time.monotonic()
    with psycopg.connect(dsn, autocommit=True) as connection:
        first = rows
        for action, payload, number in (("consent_revoked", _REVOKED, REVOCATIONS), ("scoring_run", _RUN, RUNS)):
            gap = timedelta(days=330) / number
            values = {"first": first, "since": STARTED_AT, "gap": gap, "action": action, "rows": number}
            connection.execute(_EXTRA, {**values, "payload": payload})
            first += number
        connection.execute("ALTER TABLE audit_chain DISABLE TRIGGER audit_chain_tree")
        connection.execute("UPDATE audit_chain SET last_seq = %s WHERE chain = 'general'", (first,))
        connection.execute(_CHECKPOINT, (first, END_AT))
        connection.execute("ANALYZE audit_log")
    return {**figures, "extra_s": round(time.monotonic() - begun, 1)}


def fill_admin(dsn: str) -> None:
    """Rows of every list that exists."""
    values = {
        "since": STARTED_AT,
        "distributors": DISTRIBUTORS,
        "incidents": INCIDENTS,
        "retailers": RETAILERS,
        "grievances": GRIEVANCES,
    }
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in _ADMIN:
            connection.execute(statement.encode(), values if "%(" in statement else None)
