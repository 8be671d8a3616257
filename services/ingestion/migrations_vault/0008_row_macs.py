"""MACs over rows, under a key of the hardware module: what the database alone was told counts for nobody (ADR 0047)."""

from alembic import op

revision = "0008"
down_revision = "0007"

COLUMNS = """
ALTER TABLE retailer ADD COLUMN row_mac bytea CHECK (length(row_mac) = 32);
ALTER TABLE subject ADD COLUMN row_mac bytea CHECK (length(row_mac) = 32);
ALTER TABLE merger ADD COLUMN row_mac bytea CHECK (length(row_mac) = 32);
COMMENT ON COLUMN subject.row_mac IS
    'HMAC over token, distributor, retailer, GSTIN status, phone token and its confirmation; NULL counts for nobody';
COMMENT ON COLUMN retailer.row_mac IS 'HMAC over id, GSTIN token and state, alias and its phone; NULL: no retailer';
COMMENT ON COLUMN merger.row_mac IS 'HMAC over ids and arrays';
CREATE INDEX subject_without_mac ON subject (subject_token) WHERE row_mac IS NULL;
CREATE INDEX retailer_without_mac ON retailer (retailer_id) WHERE row_mac IS NULL;
GRANT UPDATE (row_mac) ON merger TO vault;
"""


def upgrade() -> None:
    """Adds the columns; `vault-remac` gives MACs to the rows that are there, and until then they are refused."""
    op.execute(COLUMNS)
