"""Rights requests with their log, the two persons of an erasure, and what the stores reported."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

REQUESTS = """
CREATE TABLE rights_requests (
    request_id      text PRIMARY KEY CHECK (request_id ~ '^rgt_[0-9a-f]{32}$'),
    kind            text NOT NULL CHECK (kind IN ('access', 'correction', 'erasure', 'nominee')),
    retailer_id     text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    state           text NOT NULL CHECK (state IN ('received', 'verified', 'exported', 'correcting', 'corrected',
                        'notifying', 'notified', 'approved', 'erasing', 'closed', 'refused', 'cancelled')),
    channel         text NOT NULL CHECK (channel IN ('whatsapp', 'phone', 'letter', 'lender')),
    ticket          text NOT NULL CHECK (ticket ~ '^[A-Z]{2,10}-[0-9]{1,8}$'),
    language        text NOT NULL CHECK (language IN ('hi', 'en')),
    requester       text NOT NULL CHECK (requester IN ('retailer', 'nominee', 'guardian')),
    is_minor        boolean NOT NULL,
    evidence        text[] NOT NULL,
    refusal         text,
    outcome         text,
    opened_by       text NOT NULL,
    received_at     timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    overdue_at      timestamptz,
    ended_at        timestamptz,
    distributor_id  text,
    subject         text,
    notice_id       text CHECK (notice_id ~ '^ntc_[0-9a-f]{32}$'),
    notice_requested_at timestamptz,
    notice_at       timestamptz,
    retailer_ids    text[],
    certificate     text,
    certificate_signature text CHECK (certificate_signature ~ '^[0-9a-f]{128}$'),
    report          text,
    report_signature text CHECK (report_signature ~ '^[0-9a-f]{128}$'),
    CONSTRAINT rights_requests_ended CHECK ((state IN ('closed', 'refused', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT rights_requests_refused CHECK ((state = 'refused') = (refusal IS NOT NULL)),
    CONSTRAINT rights_requests_certified CHECK (num_nonnulls(retailer_ids, certificate, certificate_signature) IN (0, 3)
        AND num_nonnulls(report, report_signature) IN (0, 2)
        AND (kind = 'erasure' OR certificate IS NULL))
);
COMMENT ON COLUMN rights_requests.due_at IS 'the end of a day in India';
COMMENT ON COLUMN rights_requests.overdue_at IS 'when the missed clock was escalated; once';
COMMENT ON COLUMN rights_requests.notice_at IS 'when the retailer was told of the erasure; 48 hours run from it';
CREATE UNIQUE INDEX rights_requests_one_open ON rights_requests (retailer_id, kind)
    WHERE state NOT IN ('closed', 'refused', 'cancelled');
CREATE INDEX rights_requests_open ON rights_requests (due_at, request_id)
    WHERE state NOT IN ('closed', 'refused', 'cancelled');
CREATE INDEX rights_requests_by_state ON rights_requests (state, due_at, request_id);
CREATE INDEX rights_requests_of_retailer ON rights_requests (retailer_id);
GRANT SELECT, INSERT ON rights_requests TO admin;
GRANT UPDATE (state, evidence, refusal, outcome, received_at, due_at, overdue_at, ended_at, distributor_id, subject,
    notice_id, notice_requested_at, notice_at, retailer_ids, certificate, certificate_signature, report,
    report_signature) ON rights_requests TO admin;
"""

# Nobody but the owner changes a step: the service's role may add and read.
STEPS = """
CREATE TABLE rights_steps (
    request_id text NOT NULL REFERENCES rights_requests (request_id),
    seq        integer NOT NULL CHECK (seq > 0),
    step       text NOT NULL,
    actor      text NOT NULL,
    at         timestamptz NOT NULL,
    details    jsonb NOT NULL CHECK (jsonb_typeof(details) = 'object'),
    PRIMARY KEY (request_id, seq)
);
COMMENT ON TABLE rights_steps IS 'append only; ids and codes alone, no text of a person';
GRANT SELECT, INSERT ON rights_steps TO admin;
CREATE TABLE rights_approvals (
    approval_id    text PRIMARY KEY CHECK (approval_id ~ '^apr_[0-9a-f]{32}$'),
    subject        text NOT NULL,
    kind           text NOT NULL,
    content        text NOT NULL,
    content_sha256 text NOT NULL CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    proposed_by    text NOT NULL,
    proposed_at    timestamptz NOT NULL,
    approved_by    text,
    approved_at    timestamptz,
    CONSTRAINT rights_approvals_two_persons CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CONSTRAINT rights_approvals_whole CHECK (num_nonnulls(approved_by, approved_at) IN (0, 2))
);
CREATE UNIQUE INDEX rights_approvals_one_open ON rights_approvals (subject, kind) WHERE approved_by IS NULL;
CREATE FUNCTION rights_approvals_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approved_by IS NOT NULL THEN
        RAISE EXCEPTION 'an approval stands' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rights_approvals_stand BEFORE UPDATE ON rights_approvals
    FOR EACH ROW EXECUTE FUNCTION rights_approvals_stand();
GRANT SELECT, INSERT ON rights_approvals TO admin;
GRANT UPDATE (approved_by, approved_at) ON rights_approvals TO admin;
CREATE TABLE rights_store_reports (
    request_id  text NOT NULL REFERENCES rights_requests (request_id),
    store       text NOT NULL,
    reported_at timestamptz NOT NULL,
    counts      jsonb NOT NULL CHECK (jsonb_typeof(counts) = 'object'),
    PRIMARY KEY (request_id, store)
);
COMMENT ON TABLE rights_store_reports IS 'what each store audited of an erasure: how many rows went';
GRANT SELECT, INSERT ON rights_store_reports TO admin;
CREATE INDEX grievances_of_retailer ON grievances (retailer_id);
"""

GRIEVANCES = """
ALTER TABLE grievances ADD COLUMN assigned_to text, ADD COLUMN assigned_at timestamptz, ADD COLUMN outcome text,
    ADD COLUMN rescoring_requested_at timestamptz,
    ADD CONSTRAINT grievances_assigned CHECK (num_nonnulls(assigned_to, assigned_at) IN (0, 2));
GRANT UPDATE (assigned_to, assigned_at, outcome, rescoring_requested_at) ON grievances TO admin;
CREATE INDEX grievances_resolved ON grievances (resolution_by, grievance_id) WHERE status = 'resolved';
CREATE TABLE grievance_notes (
    grievance_id   text NOT NULL REFERENCES grievances (grievance_id),
    seq            integer NOT NULL CHECK (seq > 0),
    author         text NOT NULL,
    noted_at       timestamptz NOT NULL,
    encrypted_note bytea NOT NULL,
    PRIMARY KEY (grievance_id, seq)
);
COMMENT ON COLUMN grievance_notes.encrypted_note IS 'HPKE, as the description; read by handlers, audited';
GRANT SELECT, INSERT ON grievance_notes TO admin;
"""


def upgrade() -> None:
    """Adds tables, and columns that may be empty; the release before does not know them."""
    op.execute(REQUESTS)
    op.execute(STEPS)
    op.execute(GRIEVANCES)
