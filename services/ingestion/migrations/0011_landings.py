"""SFTP: the SSH keys of distributors, and finished files as ciphertext; batches that a restore forgot."""

from alembic import op

revision = "0011"
down_revision = "0009"

LANDINGS = """
CREATE TABLE sftp_key (
    fingerprint    text PRIMARY KEY CHECK (fingerprint ~ '^SHA256:[A-Za-z0-9+/]{43}$'),
    distributor_id text NOT NULL REFERENCES distributor,
    public_key     text NOT NULL,
    created_at     timestamptz NOT NULL,
    revoked_at     timestamptz
);
CREATE INDEX sftp_key_of_distributor ON sftp_key (distributor_id);

CREATE TABLE landed_file (
    landed_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    distributor_id   text NOT NULL REFERENCES distributor,
    fingerprint      text NOT NULL REFERENCES sftp_key,
    file_name        text NOT NULL,
    client_upload_id uuid NOT NULL UNIQUE,
    size             integer NOT NULL,
    key_wrapped      bytea,
    content          bytea,
    state            text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'refused', 'dropped')),
    landed_at        timestamptz NOT NULL,
    next_try_at      timestamptz NOT NULL,
    tries            integer NOT NULL DEFAULT 0,
    ended_at         timestamptz,
    report           jsonb,
    CHECK ((state = 'waiting') = (content IS NOT NULL))
);
COMMENT ON COLUMN landed_file.content IS 'ciphertext under key_wrapped; gone once the file was read';
COMMENT ON COLUMN landed_file.report IS 'what the sender reads: batches, counts, findings by row and rule; no cells';
CREATE INDEX landed_file_waiting ON landed_file (distributor_id, landed_id) WHERE state = 'waiting';
CREATE INDEX landed_file_newest ON landed_file (distributor_id, file_name, landed_id DESC);
CREATE INDEX landed_file_ended ON landed_file (ended_at) WHERE ended_at IS NOT NULL;

ALTER TABLE upload ALTER COLUMN key_number DROP NOT NULL;
ALTER TABLE upload ADD COLUMN sftp_fingerprint text REFERENCES sftp_key;
ALTER TABLE upload ADD CONSTRAINT upload_credential CHECK (num_nonnulls(key_number, sftp_fingerprint) = 1);

ALTER TABLE batch ADD COLUMN recovered_at timestamptz;
COMMENT ON COLUMN batch.recovered_at IS
    'when the batch was taken in again from Bronze after a restore; what its sender called it is then unknown';

GRANT SELECT, INSERT, UPDATE ON sftp_key TO ingestion;
GRANT SELECT, INSERT, UPDATE, DELETE ON landed_file TO ingestion;
"""


def upgrade() -> None:
    """Adds tables and a second kind of credential; a release that does not know them goes on."""
    op.execute(LANDINGS)
