"""CSV uploads: what arrived, the batches that still wait, and what was acknowledged of each distributor's documents."""

from alembic import op

revision = "0008"
down_revision = "0007"

UPLOADS = """
CREATE TABLE upload_ledger (
    distributor_id text PRIMARY KEY REFERENCES distributor,
    keys_wrapped   bytea NOT NULL,
    csv_format     jsonb NOT NULL
);
COMMENT ON COLUMN upload_ledger.keys_wrapped IS 'keys of ciphertexts and MACs, wrapped by the hardware module';

CREATE TABLE upload (
    upload_id        text PRIMARY KEY CHECK (upload_id ~ '^upl_[0-9a-f]{32}$'),
    distributor_id   text NOT NULL REFERENCES distributor,
    client_upload_id uuid NOT NULL,
    content_sha256   bytea NOT NULL CHECK (length(content_sha256) = 32),
    key_number       bigint NOT NULL,
    state            text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'complete', 'dropped')),
    received_at      timestamptz NOT NULL,
    report           jsonb NOT NULL,
    remainder        bytea,
    UNIQUE (distributor_id, client_upload_id)
);
COMMENT ON COLUMN upload.report IS 'answer: batches, counts, findings by row and rule; no cells';
COMMENT ON COLUMN upload.remainder IS 'ciphertext: what is remembered once the last batch is acknowledged';
CREATE INDEX upload_received ON upload (distributor_id) WHERE state = 'received';
CREATE INDEX upload_rate ON upload (distributor_id, received_at);

CREATE TABLE upload_batch (
    upload_id       text NOT NULL REFERENCES upload,
    place           integer NOT NULL,
    client_batch_id uuid NOT NULL,
    body            bytea NOT NULL,
    records         bytea NOT NULL,
    PRIMARY KEY (upload_id, place)
);
COMMENT ON TABLE upload_batch IS 'batches that are not acknowledged, as ciphertext';

CREATE TABLE upload_record (
    distributor_id text NOT NULL,
    record_mac     bytea NOT NULL,
    document_mac   bytea NOT NULL,
    table_name     text NOT NULL,
    source_order   bigint NOT NULL,
    is_live        boolean NOT NULL,
    dated_on       date,
    content        bytea NOT NULL,
    PRIMARY KEY (distributor_id, record_mac)
);
COMMENT ON TABLE upload_record IS 'newest acknowledged statement of every record of uploads, as ciphertext';
CREATE INDEX upload_record_of_document ON upload_record (distributor_id, document_mac);
CREATE INDEX upload_record_live_by_day ON upload_record (distributor_id, table_name, dated_on) WHERE is_live;

CREATE TABLE upload_mark (
    distributor_id text NOT NULL,
    name_mac       bytea NOT NULL,
    content        bytea NOT NULL,
    PRIMARY KEY (distributor_id, name_mac)
);
COMMENT ON TABLE upload_mark IS 'complete periods, withdrawn documents and the order of uploads, as ciphertext';

GRANT SELECT, INSERT, UPDATE ON upload_ledger, upload, upload_record, upload_mark TO ingestion;
GRANT SELECT, INSERT, DELETE ON upload_batch TO ingestion;
"""


def upgrade() -> None:
    """Adds the tables; a release that does not know them goes on."""
    op.execute(UPLOADS)
