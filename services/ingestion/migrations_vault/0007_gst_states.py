"""The state in which a shop is registered, for fairness by region: two digits, which tell nobody from another."""

from alembic import op

revision = "0007"
down_revision = "0006"

COLUMN = """
ALTER TABLE retailer ADD COLUMN gst_state text CHECK (gst_state ~ '^[0-9]{2}$');
COMMENT ON COLUMN retailer.gst_state IS
    'first two digits of the verified GSTIN; NULL until the GSTIN is stated again, for retailers from before';
"""


def upgrade() -> None:
    """Adds the column; the GSTINs themselves are ciphertext, so earlier retailers have none yet."""
    op.execute(COLUMN)
