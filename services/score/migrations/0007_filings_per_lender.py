"""The quota of filings is counted per lender, in the grievances themselves.

grievance_filing is written no more. It stays as long as a replica of the release before may run.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEX = """
CREATE INDEX grievance_recent ON grievance (lender_id, retailer_id, filed_at);
COMMENT ON TABLE grievance_filing IS 'of the release before 0007, which counted filings over all lenders';
"""


def upgrade() -> None:
    """Adds the index."""
    op.execute(INDEX)
