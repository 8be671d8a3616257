"""Why records of a batch were refused is kept for a time; the index that their removal reads along."""

from alembic import op

revision = "0003"
down_revision = "0002"

AGE = """
ALTER TABLE batch_record ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN batch_record.recorded_at IS 'of rows older than the column: when it was added';
CREATE INDEX batch_record_by_age ON batch_record (recorded_at);
GRANT DELETE ON batch_record TO ingestion;
"""


def upgrade() -> None:
    """Adds the column and its index, and lets the service remove."""
    op.execute(AGE)
