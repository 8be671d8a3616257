"""Invites, signed records, the state they amount to, and the counters that order changes."""

from alembic import op
from altscore_libs.ddl import outbox_tables

revision = "0001"
down_revision = None

INVITES = """
CREATE TABLE invites (
    invite_id        text PRIMARY KEY CHECK (invite_id ~ '^inv_[0-9a-f]{32}$'),
    retailer_id      text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    distributor_id   text NOT NULL,
    distributor_name text NOT NULL,
    lender_scope     text[] NOT NULL CHECK (cardinality(lender_scope) > 0),
    purpose          text NOT NULL,
    language         text NOT NULL CHECK (language IN ('hi', 'en')),
    notice_id        text NOT NULL,
    notice_version   text NOT NULL,
    notice_text      text NOT NULL,
    notice_sha256    text NOT NULL,
    status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'granted', 'declined', 'expired')),
    seq              bigint GENERATED ALWAYS AS IDENTITY,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    decided_at       timestamptz
);
CREATE UNIQUE INDEX invites_one_open ON invites (retailer_id, purpose) WHERE status = 'open';
CREATE INDEX invites_by_retailer ON invites (retailer_id, purpose, seq);
CREATE INDEX invites_due ON invites (expires_at) WHERE status = 'open';
GRANT SELECT, INSERT ON invites TO consent;
GRANT UPDATE (status, decided_at) ON invites TO consent;
"""

RECORDS = """
CREATE TABLE consent_records (
    consent_id    text NOT NULL CHECK (consent_id ~ '^cns_[0-9a-f]{32}$'),
    kind          text NOT NULL CHECK (kind IN ('grant', 'withdrawal')),
    retailer_id   text NOT NULL,
    message_hash  text,
    record        text NOT NULL,
    signature     bytea NOT NULL,
    PRIMARY KEY (consent_id, kind)
);
COMMENT ON COLUMN consent_records.record IS 'RFC 8785 bytes of what was signed; the other columns only find it';
CREATE INDEX consent_records_by_retailer ON consent_records (retailer_id);
CREATE UNIQUE INDEX consent_records_one_grant_per_message ON consent_records (message_hash, retailer_id)
    WHERE kind = 'grant' AND message_hash IS NOT NULL;
GRANT SELECT, INSERT ON consent_records TO consent;

CREATE TABLE tampered_records (
    consent_id  text NOT NULL,
    digest      text NOT NULL,
    noticed_at  timestamptz NOT NULL,
    PRIMARY KEY (consent_id, digest)
);
GRANT SELECT, INSERT ON tampered_records TO consent;
"""

STATE = """
CREATE TABLE retailer_ledger (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    version     bigint NOT NULL DEFAULT 0,
    last_no_at  timestamptz
);
COMMENT ON TABLE retailer_ledger IS 'locked by every change of the retailer, numbers them, and holds his last NAHI';
GRANT SELECT, INSERT, UPDATE ON retailer_ledger TO consent;

CREATE TABLE consent_state (
    retailer_id text NOT NULL REFERENCES retailer_ledger,
    lender_id   text NOT NULL,
    purpose     text NOT NULL,
    status      text NOT NULL CHECK (status IN ('active', 'revoked', 'expired')),
    version     bigint NOT NULL,
    consent_id  text NOT NULL,
    given_at    timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    PRIMARY KEY (retailer_id, lender_id, purpose)
);
CREATE INDEX consent_state_active ON consent_state (retailer_id) WHERE status = 'active';
CREATE INDEX consent_state_due ON consent_state (expires_at) WHERE status = 'active';
CREATE INDEX consent_state_by_consent ON consent_state (consent_id);
GRANT SELECT, INSERT, UPDATE ON consent_state TO consent;
CREATE FUNCTION versions_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'a version never goes back';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_state_version BEFORE UPDATE ON consent_state
    FOR EACH ROW EXECUTE FUNCTION versions_only_grow();

CREATE TABLE change_counter (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    version bigint NOT NULL DEFAULT 0
);
INSERT INTO change_counter DEFAULT VALUES;
GRANT SELECT, UPDATE ON change_counter TO consent;

CREATE TABLE unclear_replies (
    message_hash text NOT NULL,
    retailer_id  text NOT NULL,
    received_at  timestamptz NOT NULL,
    was_asked    boolean NOT NULL,
    PRIMARY KEY (message_hash, retailer_id)
);
CREATE INDEX unclear_replies_recent ON unclear_replies (retailer_id, received_at);
GRANT SELECT, INSERT ON unclear_replies TO consent;
"""


def upgrade() -> None:
    """Creates everything."""
    op.execute(outbox_tables("consent"))
    op.execute(INVITES)
    op.execute(RECORDS)
    op.execute(STATE)
