"""When an upload ended, so that it goes after its time; and refused ones, which count among those of an hour."""

from alembic import op

revision = "0009"
down_revision = "0008"

ENDS = """
ALTER TABLE upload ADD COLUMN ended_at timestamptz;
COMMENT ON COLUMN upload.ended_at IS 'when it was complete or dropped; null while it waits';
UPDATE upload SET ended_at = received_at WHERE state <> 'received';
CREATE INDEX upload_ended ON upload (ended_at) WHERE ended_at IS NOT NULL;
GRANT DELETE ON upload TO ingestion;

CREATE TABLE upload_refusal (
    distributor_id text NOT NULL REFERENCES distributor,
    refused_at     timestamptz NOT NULL
);
COMMENT ON TABLE upload_refusal IS 'files that were read and refused; nothing of them is kept, and these rows two days';
CREATE INDEX upload_refusal_rate ON upload_refusal (distributor_id, refused_at);
CREATE INDEX upload_refusal_age ON upload_refusal (refused_at);
GRANT SELECT, INSERT, DELETE ON upload_refusal TO ingestion;
"""


def upgrade() -> None:
    """Adds column and table; a release that does not know them goes on, and its ended uploads stay."""
    op.execute(ENDS)
