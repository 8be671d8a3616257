"""Which phone somebody had before a change of number or user id, and which user a parked message waits for."""

from alembic import op

revision = "0005"
down_revision = "0004"

FORMER = """
CREATE TABLE former_identities (
    identity_hash    text PRIMARY KEY CHECK (identity_hash ~ '^[0-9a-f]{64}$'),
    former_user_hash text CHECK (former_user_hash ~ '^[0-9a-f]{64}$'),
    wrapped_key      bytea,
    ciphertext       bytea,
    seen_at          timestamptz NOT NULL,
    CHECK ((wrapped_key IS NULL) = (ciphertext IS NULL)),
    CHECK ((former_user_hash IS NULL) <> (ciphertext IS NULL))
);
COMMENT ON TABLE former_identities IS 'numbers and user ids that system messages named as the new ones of somebody';
COMMENT ON COLUMN former_identities.ciphertext IS 'the phone before, AES-256-GCM under wrapped_key';
COMMENT ON COLUMN former_identities.former_user_hash IS 'the user id before, where the phone before was not told';
CREATE INDEX former_identities_by_time ON former_identities (seen_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON former_identities TO webhook;

ALTER TABLE messages ADD COLUMN user_hash text CHECK (user_hash ~ '^[0-9a-f]{64}$');
COMMENT ON COLUMN messages.user_hash IS 'of a message without a number: HMAC of its sender''s user id';
CREATE INDEX messages_unresolvable ON messages (user_hash) WHERE status = 'parked' AND outcome = 'unresolvable';
"""


def upgrade() -> None:
    """Adds the table and the column."""
    op.execute(FORMER)
