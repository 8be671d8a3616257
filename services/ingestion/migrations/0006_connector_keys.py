"""API keys that rotate, what connectors say of themselves, and the names of quarantined records."""

from alembic import op

revision = "0006"
down_revision = "0005"

KEYS = """
CREATE TABLE connector_key (
    key_number             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    distributor_id         text NOT NULL REFERENCES distributor,
    api_key_hash           bytea NOT NULL CHECK (length(api_key_hash) = 32),
    signing_secret_wrapped bytea NOT NULL,
    valid_from             timestamptz NOT NULL,
    accepted_until         timestamptz NOT NULL,
    used_at                timestamptz,
    revoked_at             timestamptz,
    UNIQUE (distributor_id, api_key_hash)
);
COMMENT ON TABLE connector_key IS 'API keys with their signing secrets; a greater number is a later key';
COMMENT ON COLUMN connector_key.used_at IS 'first use, which ends the older keys; unknown while its answer may be lost';
CREATE UNIQUE INDEX connector_key_unused ON connector_key (distributor_id)
    WHERE used_at IS NULL AND revoked_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON connector_key TO ingestion;

INSERT INTO connector_key
    (distributor_id, api_key_hash, signing_secret_wrapped, valid_from, accepted_until, used_at)
SELECT distributor_id, api_key_hash, signing_secret_wrapped, now(), now() + interval '37 days', now() FROM distributor;

CREATE FUNCTION first_connector_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO connector_key (distributor_id, api_key_hash, signing_secret_wrapped, valid_from, accepted_until)
    VALUES (NEW.distributor_id, NEW.api_key_hash, NEW.signing_secret_wrapped, NEW.created_at,
            NEW.created_at + interval '37 days');
    RETURN NEW;
END $$;
CREATE TRIGGER first_connector_key AFTER INSERT ON distributor
    FOR EACH ROW EXECUTE FUNCTION first_connector_key();
COMMENT ON COLUMN distributor.api_key_hash IS
    'of the key in use, for releases that know no other; HMAC-SHA256 of the key under service_key api-key';
"""

HEARTBEATS = """
CREATE TABLE connector_heartbeat (
    distributor_id    text PRIMARY KEY REFERENCES distributor,
    received_at       timestamptz NOT NULL,
    connector_version text NOT NULL,
    erp_type          text NOT NULL CHECK (erp_type IN ('tally_prime', 'sap_b1', 'csv')),
    source_ok         boolean NOT NULL,
    queued_batches    integer NOT NULL,
    last_success_at   timestamptz,
    last_exit_status  smallint,
    findings          integer NOT NULL
);
COMMENT ON TABLE connector_heartbeat IS 'the newest heartbeat of each connector';
GRANT SELECT, INSERT, UPDATE ON connector_heartbeat TO ingestion;
"""

RECORD_KEYS = """
ALTER TABLE batch_record ADD COLUMN record_key text;
COMMENT ON COLUMN batch_record.record_key IS
    'document number of a quarantined record; null where it cannot be read, or may be personal data';
"""


def upgrade() -> None:
    """Adds tables and a column; a release that does not know them goes on with the key that stands in distributor."""
    op.execute(KEYS)
    op.execute(HEARTBEATS)
    op.execute(RECORD_KEYS)
