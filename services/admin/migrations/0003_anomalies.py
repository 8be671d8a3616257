"""Anomalies close and go; the index that the removal of old inbox rows reads along."""

from alembic import op
from altscore_libs.ddl import inbox_age_index

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ANOMALIES = """
ALTER TABLE anomalies ADD COLUMN closed_at timestamptz;
UPDATE anomalies a SET status = 'closed', closed_at = now() WHERE status = 'open' AND EXISTS (
    SELECT FROM anomalies newer WHERE newer.retailer_id = a.retailer_id
        AND (newer.detected_at, newer.anomaly_id) > (a.detected_at, a.anomaly_id)
);
CREATE INDEX anomalies_open_of_retailer ON anomalies (retailer_id) WHERE status = 'open';
CREATE INDEX anomalies_closed ON anomalies (closed_at) WHERE status = 'closed';
GRANT UPDATE (status, closed_at), DELETE ON anomalies TO admin;
"""


def upgrade() -> None:
    """Closes what a later run detected again, and lets the service close and remove."""
    op.execute(ANOMALIES)
    op.execute(inbox_age_index())
