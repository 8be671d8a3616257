"""Why a compliance report was not made, and the end of the time that reports are kept."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REPORTS = """
ALTER TABLE compliance_reports ADD COLUMN failure text CHECK (failure ~ '^[A-Za-z_]{1,64}$');
COMMENT ON COLUMN compliance_reports.failure IS
    'why the newest attempt ended without a report; none for reports that failed before 0014';
COMMENT ON COLUMN compliance_reports.leased_until IS
    'until then nobody else makes it: a lease while it is being made, a pause after an attempt that failed';
CREATE INDEX compliance_reports_by_age ON compliance_reports (requested_at);
GRANT UPDATE (failure), DELETE ON compliance_reports TO admin;
"""


def upgrade() -> None:
    """Adds what may be empty; the release before writes no reason and removes nothing."""
    op.execute(REPORTS)
