"""When a live statement arrived, which batches brought records back from quarantine, and manifests to be written."""

from alembic import op

revision = "0007"
down_revision = "0006"

ARRIVAL = """
ALTER TABLE record ADD COLUMN stated_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN record.stated_at IS
    'arrival of the newest statement of the live content; of rows older than the column: when it was added, so that '
    'nothing from quarantine without an order of its own passes them';
"""

REPROCESSING = """
ALTER TABLE batch ADD COLUMN reprocessed_from text REFERENCES batch;
COMMENT ON COLUMN batch.reprocessed_from IS
    'the batch whose quarantined records this one holds; null for what a connector sent';
CREATE UNIQUE INDEX batch_reprocessing ON batch (reprocessed_from) WHERE state = 'received';
ALTER TABLE batch_record ADD COLUMN reprocessed_in text REFERENCES batch;
COMMENT ON COLUMN batch_record.reprocessed_in IS 'the batch that brought a quarantined record to Bronze';
GRANT UPDATE (reprocessed_in) ON batch_record TO ingestion;
"""

MANIFESTS = """
CREATE TABLE pending_manifest (
    batch_id       text PRIMARY KEY REFERENCES batch,
    distributor_id text NOT NULL REFERENCES distributor,
    body           bytea NOT NULL,
    invoiced_inr   numeric(17, 2) NOT NULL
);
COMMENT ON TABLE pending_manifest IS 'manifests of batches that count and that the lake cannot see yet; then they go';
CREATE INDEX pending_manifest_of_distributor ON pending_manifest (distributor_id);
GRANT SELECT, INSERT, DELETE ON pending_manifest TO ingestion;
"""


def upgrade() -> None:
    """Adds columns and a table; a release that does not know them goes on, its records stated when inserted."""
    op.execute(ARRIVAL)
    op.execute(REPROCESSING)
    op.execute(MANIFESTS)
