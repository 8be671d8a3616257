"""The index that an erasure finds a retailer's requests along; the key begins with the lender."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index."""
    op.execute("CREATE INDEX score_request_of_retailer ON score_request (retailer_id)")
