"""Distributors, their certificates, batches, what became of each record, and the newest version of each record."""

from alembic import op
from altscore_libs.ddl import outbox_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE service_key (
    name    text PRIMARY KEY,
    wrapped bytea NOT NULL
);
COMMENT ON TABLE service_key IS 'secrets made at first start, wrapped by the key in the hardware module';

CREATE TABLE distributor (
    distributor_id         text PRIMARY KEY CHECK (distributor_id ~ '^dist_[a-z0-9_]{1,48}$'),
    name                   text NOT NULL,
    api_key_hash           bytea NOT NULL CHECK (length(api_key_hash) = 32),
    signing_secret_wrapped bytea NOT NULL,
    is_active              boolean NOT NULL DEFAULT true,
    backfill_open_until    timestamptz,
    created_at             timestamptz NOT NULL
);
COMMENT ON COLUMN distributor.api_key_hash IS 'HMAC-SHA256 of the key under service_key api-key';

CREATE TABLE certificate (
    fingerprint       text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    distributor_id    text NOT NULL REFERENCES distributor,
    public_key_sha256 text NOT NULL,
    certificate_pem   text NOT NULL,
    accepted_until    timestamptz NOT NULL,
    revoked_at        timestamptz,
    created_at        timestamptz NOT NULL
);
COMMENT ON TABLE certificate IS 'allow-list: a certificate that is not here, expired or revoked opens nothing';
CREATE INDEX certificate_of_distributor ON certificate (distributor_id, created_at DESC);

CREATE TABLE batch (
    batch_id        text PRIMARY KEY CHECK (batch_id ~ '^bat_[0-9a-f]{32}$'),
    distributor_id  text NOT NULL REFERENCES distributor,
    client_batch_id uuid NOT NULL,
    body_sha256     bytea NOT NULL CHECK (length(body_sha256) = 32),
    erp_type        text NOT NULL CHECK (erp_type IN ('tally_prime', 'sap_b1', 'csv')),
    state           text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'complete')),
    received_at     timestamptz NOT NULL,
    completed_at    timestamptz,
    submitted       integer NOT NULL,
    accepted        integer,
    quarantined     integer,
    duplicate       integer,
    completeness    numeric(4, 1),
    manifest_uri    text,
    manifest_sha256 text,
    UNIQUE (distributor_id, client_batch_id),
    UNIQUE (distributor_id, body_sha256),
    CHECK ((state = 'complete') = (completed_at IS NOT NULL)),
    CHECK (state = 'received' OR accepted + quarantined + duplicate = submitted)
);
CREATE INDEX batch_rate ON batch (distributor_id, received_at);

CREATE TABLE batch_record (
    batch_id   text NOT NULL REFERENCES batch,
    table_name text NOT NULL,
    position   integer NOT NULL,
    status     text NOT NULL CHECK (status IN ('quarantined', 'duplicate')),
    reasons    jsonb NOT NULL,
    PRIMARY KEY (batch_id, table_name, position)
);
COMMENT ON TABLE batch_record IS 'records of a batch that did not go to Bronze, and why; paths and rules, no values';

CREATE TABLE record (
    distributor_id  text NOT NULL,
    table_name      text NOT NULL,
    record_key      text NOT NULL,
    content_version integer NOT NULL,
    content_sha256  bytea NOT NULL,
    subject_token   text NOT NULL,
    batch_id        text NOT NULL REFERENCES batch,
    PRIMARY KEY (distributor_id, table_name, record_key)
);
COMMENT ON TABLE record IS 'newest version of every record that stands in Bronze';

CREATE TABLE subject (
    distributor_id  text NOT NULL,
    subject_token   text NOT NULL,
    sealed_identity bytea NOT NULL,
    gst_status      text NOT NULL,
    PRIMARY KEY (distributor_id, subject_token)
);
COMMENT ON TABLE subject IS 'the vault''s newest answer per token, for payments that name an older invoice only';
"""

GRANTS = """
GRANT SELECT, INSERT ON service_key TO ingestion;
GRANT SELECT, INSERT, UPDATE ON distributor, certificate, batch, record, subject TO ingestion;
GRANT SELECT, INSERT ON batch_record TO ingestion;
"""


def upgrade() -> None:
    """Creates the tables of the ingestion service."""
    op.execute(outbox_tables("ingestion"))
    op.execute(TABLES)
    op.execute(GRANTS)
