"""Which phone a WhatsApp user id belongs to, so that an answer without a number can be resolved."""

from alembic import op

revision = "0004"
down_revision = "0003"

USERS = """
CREATE TABLE users (
    user_hash   text PRIMARY KEY CHECK (user_hash ~ '^[0-9a-f]{64}$'),
    phone_hash  text NOT NULL CHECK (phone_hash ~ '^[0-9a-f]{64}$'),
    wrapped_key bytea NOT NULL,
    ciphertext  bytea NOT NULL,
    seen_at     timestamptz NOT NULL
);
COMMENT ON TABLE users IS 'user ids (BSUID) that deliveries showed beside a phone number';
COMMENT ON COLUMN users.ciphertext IS 'phone, AES-256-GCM under wrapped_key';
CREATE INDEX users_by_time ON users (seen_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON users TO webhook;
"""


def upgrade() -> None:
    """Adds the table."""
    op.execute(USERS)
