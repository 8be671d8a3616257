"""Anomalies are read in pages, the newest first."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEXES = (
    "DROP INDEX anomalies_open",
    "CREATE INDEX anomalies_open ON anomalies (detected_at, anomaly_id) WHERE status = 'open'",
    "CREATE INDEX anomalies_of_retailer ON anomalies (retailer_id, detected_at, anomaly_id)",
)


def upgrade() -> None:
    """Makes the indexes of the pages."""
    for statement in INDEXES:
        op.execute(statement)
