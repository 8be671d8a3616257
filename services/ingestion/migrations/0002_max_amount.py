"""The largest amount that a distributor may send (decision 86): raised by operations for one distributor at a time."""

from alembic import op

revision = "0002"
down_revision = "0001"

MAX_AMOUNT = """
ALTER TABLE distributor ADD COLUMN max_amount_inr numeric(13, 2) NOT NULL DEFAULT 1000000000.00
    CHECK (max_amount_inr BETWEEN 1000000000.00 AND 10000000000.00);
COMMENT ON COLUMN distributor.max_amount_inr IS 'rupees; a record above it is quarantined';
"""


def upgrade() -> None:
    """Adds the column; a release that does not know it goes on with the default."""
    op.execute(MAX_AMOUNT)
