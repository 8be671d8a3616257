"""Grievances: owned here, filed through score, with the clocks of both promises."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GRIEVANCES = """
CREATE TABLE grievances (
    grievance_id       text PRIMARY KEY CHECK (grievance_id ~ '^grv_[0-9a-f]{32}$'),
    retailer_id        text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    lender_id          text NOT NULL,
    score_id           text NOT NULL,
    grievance_type     text NOT NULL,
    sealed_description bytea NOT NULL,
    filed_at           timestamptz NOT NULL,
    ack_by             timestamptz NOT NULL,
    resolution_by      timestamptz NOT NULL,
    status             text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'acknowledged', 'resolved')),
    version            bigint NOT NULL DEFAULT 0,
    acknowledged_by    text,
    acknowledged_at    timestamptz,
    resolved_by        text,
    resolved_at        timestamptz,
    resolution         text,
    ack_overdue_at        timestamptz,
    resolution_overdue_at timestamptz,
    CONSTRAINT grievances_whole CHECK (
        (status = 'open') = (acknowledged_at IS NULL) AND (status = 'resolved') = (resolved_at IS NOT NULL)
        AND num_nonnulls(acknowledged_by, acknowledged_at) IN (0, 2)
        AND num_nonnulls(resolved_by, resolved_at, resolution) IN (0, 3))
);
COMMENT ON COLUMN grievances.sealed_description IS 'the lender''s words; opened for a handler, audited';
COMMENT ON COLUMN grievances.ack_overdue_at IS 'when the missed promise was escalated; once';
CREATE INDEX grievances_unresolved ON grievances
    ((CASE WHEN status = 'open' THEN ack_by ELSE resolution_by END), grievance_id) WHERE status <> 'resolved';
GRANT SELECT, INSERT ON grievances TO admin;
GRANT UPDATE (status, version, acknowledged_by, acknowledged_at, resolved_by, resolved_at, resolution,
    ack_overdue_at, resolution_overdue_at) ON grievances TO admin;
"""


def upgrade() -> None:
    """Makes the table."""
    op.execute(GRIEVANCES)
