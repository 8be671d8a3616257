"""Lenders' grievances and their status, and the count of filings per retailer."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# No description and no phone hash: the text travels sealed to admin, the hash goes nowhere (decision 31).
GRIEVANCES = """
CREATE TABLE grievance (
    grievance_id    text PRIMARY KEY CHECK (grievance_id ~ '^grv_[0-9a-f]{32}$'),
    lender_id       text NOT NULL CHECK (lender_id <> 'projector'),
    retailer_id     text NOT NULL,
    score_id        text NOT NULL,
    grievance_type  text NOT NULL,
    filed_at        timestamptz NOT NULL,
    ack_by          timestamptz NOT NULL,
    resolution_by   timestamptz NOT NULL,
    request_key     uuid,
    body_digest     bytea NOT NULL,
    status          text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'acknowledged', 'resolved')),
    version         bigint NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    resolved_at     timestamptz,
    resolution      text
);
COMMENT ON COLUMN grievance.status IS 'projection of grievance.status_changed; admin owns it, the newest version holds';
COMMENT ON COLUMN grievance.body_digest IS 'keyed hash of the request, to tell a replay from another request';
CREATE INDEX grievance_by_request ON grievance (lender_id, request_key, filed_at) WHERE request_key IS NOT NULL;
ALTER TABLE grievance ENABLE ROW LEVEL SECURITY;
ALTER TABLE grievance FORCE ROW LEVEL SECURITY;
CREATE POLICY lender_sees_own ON grievance FOR SELECT USING (lender_id = (SELECT current_subject()));
CREATE POLICY lender_files ON grievance FOR INSERT
    WITH CHECK (lender_id = (SELECT current_subject()) AND status = 'open' AND version = 0);
CREATE POLICY projector_sees ON grievance FOR SELECT USING ((SELECT current_subject()) = 'projector');
CREATE POLICY projector_updates ON grievance FOR UPDATE USING ((SELECT current_subject()) = 'projector');
GRANT SELECT, INSERT ON grievance TO score;
GRANT UPDATE (status, version, acknowledged_at, resolved_at, resolution) ON grievance TO score;
"""

# Beside row-level security on purpose: the quota is the retailer's, whoever files, so it holds no lender.
FILINGS = """
CREATE TABLE grievance_filing (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    retailer_id text NOT NULL,
    filed_at    timestamptz NOT NULL
);
COMMENT ON TABLE grievance_filing IS 'instants of the last filings about a retailer, for the quota of API section 09';
CREATE INDEX grievance_filing_recent ON grievance_filing (retailer_id, filed_at);
GRANT SELECT, INSERT, DELETE ON grievance_filing TO score;
"""


def upgrade() -> None:
    """Makes both tables."""
    op.execute(GRIEVANCES)
    op.execute(FILINGS)
