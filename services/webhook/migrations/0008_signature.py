"""The provider's signature beside each stored delivery: consent verifies answers itself."""

from alembic import op

revision = "0008"
down_revision = "0007"

SIGNATURE = """
ALTER TABLE deliveries ADD COLUMN signature text CHECK (signature ~* '^sha256=[0-9a-f]{64}$');
COMMENT ON COLUMN deliveries.signature IS 'X-Hub-Signature-256 as received; consent verifies it, ADR 0046';
"""


def upgrade() -> None:
    """Adds the column; a delivery of before has none, and its answers are parked: let the queue run empty first."""
    op.execute(SIGNATURE)
