"""Incidents with their clocks, an append-only timeline, affected retailers, and notices that two people approve."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INCIDENTS = """
CREATE TABLE incidents (
    incident_id   text PRIMARY KEY CHECK (incident_id ~ '^inc_[0-9a-f]{32}$'),
    title         text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    kind          text NOT NULL,
    severity      text NOT NULL CHECK (severity IN ('P1', 'P2', 'P3', 'P4')),
    is_drill      boolean NOT NULL,
    is_reportable boolean,
    status        text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'contained', 'closed')),
    aware_at      timestamptz NOT NULL,
    opened_by     text NOT NULL,
    opened_at     timestamptz NOT NULL,
    affected      integer NOT NULL DEFAULT 0 CHECK (affected >= 0),
    CONSTRAINT incidents_known_when_opened CHECK (aware_at <= opened_at)
);
COMMENT ON COLUMN incidents.aware_at IS 'every clock begins here (decision 37)';
COMMENT ON COLUMN incidents.is_reportable IS 'what counsel determined; null: not yet, the severity decides';
CREATE INDEX incidents_newest ON incidents (opened_at, incident_id);
CREATE TABLE incident_clocks (
    incident_id text NOT NULL REFERENCES incidents (incident_id),
    clock       text NOT NULL,
    due_at      timestamptz NOT NULL,
    warn_at     timestamptz NOT NULL,
    met_at      timestamptz,
    met_by      text,
    is_void     boolean NOT NULL DEFAULT false,
    warned_at   timestamptz,
    overdue_at  timestamptz,
    PRIMARY KEY (incident_id, clock),
    CONSTRAINT incident_clocks_whole CHECK (num_nonnulls(met_at, met_by) IN (0, 2))
);
CREATE INDEX incident_clocks_running ON incident_clocks (warn_at) WHERE met_at IS NULL AND NOT is_void;
GRANT SELECT, INSERT ON incidents, incident_clocks TO admin;
GRANT UPDATE (severity, is_reportable, status, affected) ON incidents TO admin;
GRANT UPDATE (due_at, warn_at, met_at, met_by, is_void, warned_at, overdue_at) ON incident_clocks TO admin;
"""

# The digest of each entry covers the entry before it and stands in the audit chain: neither text nor order can change.
TIMELINE = """
CREATE TABLE incident_entries (
    incident_id    text NOT NULL REFERENCES incidents (incident_id),
    seq            integer NOT NULL CHECK (seq > 0),
    at             timestamptz NOT NULL,
    by             text NOT NULL,
    kind           text NOT NULL,
    subject        text NOT NULL,
    outcome        text NOT NULL,
    note           text NOT NULL,
    details        text NOT NULL,
    entry_sha256   text NOT NULL CHECK (entry_sha256 ~ '^[0-9a-f]{64}$'),
    audit_event_id uuid NOT NULL,
    command_id     uuid,
    command_sha256 text,
    PRIMARY KEY (incident_id, seq),
    CONSTRAINT incident_entries_command CHECK (num_nonnulls(command_id, command_sha256) IN (0, 2))
);
COMMENT ON COLUMN incident_entries.entry_sha256 IS 'SHA-256 of the RFC 8785 entry with the digest before it; audited';
CREATE UNIQUE INDEX incident_entries_by_command ON incident_entries (command_id) WHERE command_id IS NOT NULL;
CREATE FUNCTION incident_entries_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a timeline is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER incident_entries_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_entries
    FOR EACH STATEMENT EXECUTE FUNCTION incident_entries_stand();
GRANT SELECT, INSERT ON incident_entries TO admin;
"""

NOTICES = """
CREATE TABLE incident_affected (
    incident_id text NOT NULL REFERENCES incidents (incident_id),
    retailer_id text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    source      text NOT NULL,
    PRIMARY KEY (incident_id, retailer_id)
);
CREATE TABLE incident_notices (
    notice_id       text PRIMARY KEY CHECK (notice_id ~ '^ntc_[0-9a-f]{32}$'),
    incident_id     text NOT NULL REFERENCES incidents (incident_id),
    audience        text NOT NULL CHECK (audience IN ('retailers', 'lenders', 'distributors', 'cert_in', 'board')),
    language        text NOT NULL CHECK (language IN ('hi', 'en')),
    content         text NOT NULL,
    content_sha256  text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    is_drill        boolean NOT NULL,
    status          text NOT NULL DEFAULT 'proposed'
                    CHECK (status IN ('proposed', 'approved', 'sending', 'done', 'expired')),
    approval_id     text NOT NULL,
    proposed_by     text NOT NULL,
    proposed_at     timestamptz NOT NULL,
    approved_by     text,
    approved_at     timestamptz,
    CONSTRAINT incident_notices_two_persons CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CONSTRAINT incident_notices_whole CHECK (
        num_nonnulls(approved_by, approved_at) = CASE WHEN status IN ('proposed', 'expired') THEN 0 ELSE 2 END)
);
CREATE INDEX incident_notices_of_incident ON incident_notices (incident_id, proposed_at);
CREATE INDEX incident_notices_to_send ON incident_notices (approved_at) WHERE status = 'sending';
CREATE TABLE incident_deliveries (
    incident_id text NOT NULL,
    retailer_id text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    template    text NOT NULL,
    notice_id   text NOT NULL REFERENCES incident_notices (notice_id),
    status      text NOT NULL DEFAULT 'announced' CHECK (status IN ('announced', 'sent', 'failed')),
    reason      text,
    PRIMARY KEY (incident_id, template, retailer_id)
);
COMMENT ON TABLE incident_deliveries IS 'a retailer gets each text of an incident once, whatever is approved again';
CREATE INDEX incident_deliveries_of_notice ON incident_deliveries (notice_id, status);
CREATE TABLE incident_approvals (
    approval_id    text PRIMARY KEY CHECK (approval_id ~ '^apr_[0-9a-f]{32}$'),
    kind           text NOT NULL,
    subject        text NOT NULL,
    content_sha256 text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    approved_by    text,
    approved_at    timestamptz,
    CONSTRAINT incident_approvals_two_persons CHECK (approved_by IS NULL OR approved_by <> requested_by)
);
GRANT SELECT, INSERT ON incident_affected, incident_notices, incident_deliveries, incident_approvals TO admin;
GRANT UPDATE (status, approved_by, approved_at) ON incident_notices TO admin;
GRANT UPDATE (status, reason) ON incident_deliveries TO admin;
GRANT UPDATE (approved_by, approved_at) ON incident_approvals TO admin;
"""

REPORTS = """
CREATE TABLE compliance_reports (
    report_id      text PRIMARY KEY CHECK (report_id ~ '^rep_[0-9a-f]{32}$'),
    first_day      date NOT NULL,
    last_day       date NOT NULL,
    state          text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    progress       integer NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL,
    attempts       integer NOT NULL DEFAULT 0,
    leased_until   timestamptz,
    finished_at    timestamptz,
    content        text,
    content_sha256 text CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    pdf            bytea,
    CONSTRAINT compliance_reports_range CHECK (first_day <= last_day),
    CONSTRAINT compliance_reports_whole CHECK (
        (state = 'done') = (content IS NOT NULL) AND num_nonnulls(content, content_sha256) IN (0, 2))
);
CREATE INDEX compliance_reports_of_range ON compliance_reports (first_day, last_day, requested_at);
CREATE INDEX compliance_reports_waiting ON compliance_reports (requested_at) WHERE state IN ('queued', 'running');
GRANT SELECT, INSERT ON compliance_reports TO admin;
GRANT UPDATE (state, progress, attempts, leased_until, finished_at, content, content_sha256, pdf)
    ON compliance_reports TO admin;
"""


def upgrade() -> None:
    """Adds tables; the release before does not know them."""
    for statement in (INCIDENTS, TIMELINE, NOTICES, REPORTS):
        op.execute(statement)
