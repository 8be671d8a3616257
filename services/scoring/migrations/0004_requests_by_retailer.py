"""The index that an erasure finds a retailer's requests along; without it, every erasure reads all of them."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index."""
    op.execute("CREATE INDEX score_requests_of_retailer ON score_requests (retailer_id)")
