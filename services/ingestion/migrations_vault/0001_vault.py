"""Who is who: retailers with their wrapped data keys, and the distributors' ledgers that point to them."""

from alembic import op
from altscore_libs.ddl import outbox_tables

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE retailer (
    retailer_id      text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    gst_token        bytea UNIQUE CHECK (length(gst_token) = 32),
    wrapped_data_key bytea NOT NULL,
    alias_of         text REFERENCES retailer,
    created_at       timestamptz NOT NULL,
    CHECK (alias_of IS NULL OR gst_token IS NULL)
);
COMMENT ON COLUMN retailer.alias_of IS 'the retailer that a late GSTIN showed this one to be; he has no alias himself';

CREATE TABLE subject (
    subject_token   bytea PRIMARY KEY CHECK (length(subject_token) = 32),
    distributor_id  text NOT NULL,
    retailer_id     text NOT NULL REFERENCES retailer,
    sealed_identity bytea NOT NULL,
    gst_status      text NOT NULL CHECK (gst_status IN ('verified', 'invalid', 'absent')),
    gst_digest      bytea,
    phone_token     bytea,
    name_digest     bytea,
    updated_at      timestamptz NOT NULL
);
COMMENT ON TABLE subject IS 'one ledger of one distributor; personal data only as keyed tokens and ciphertext';
CREATE INDEX subject_of_retailer ON subject (retailer_id, updated_at DESC);
CREATE INDEX subject_of_distributor ON subject (distributor_id, retailer_id);
CREATE INDEX subject_of_phone ON subject (phone_token) WHERE phone_token IS NOT NULL;
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON retailer, subject TO vault;
"""


def upgrade() -> None:
    """Creates the tables of the vault."""
    op.execute(outbox_tables("vault"))
    op.execute(TABLES)
    op.execute(GRANTS)
