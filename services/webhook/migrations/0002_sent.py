"""Which invite a message of ours was about, so that a typed reply to it means that invite."""

from alembic import op

revision = "0002"
down_revision = "0001"

SENT = """
CREATE TABLE sent_messages (
    message_hash text PRIMARY KEY CHECK (message_hash ~ '^[0-9a-f]{64}$'),
    invite_id    text NOT NULL CHECK (invite_id ~ '^inv_[0-9a-f]{32}$'),
    seen_at      timestamptz NOT NULL
);
COMMENT ON COLUMN sent_messages.message_hash IS 'HMAC of the message id, which holds a phone number';
CREATE INDEX sent_messages_by_time ON sent_messages (seen_at);
GRANT SELECT, INSERT, DELETE ON sent_messages TO webhook;
"""


def upgrade() -> None:
    """Adds the table."""
    op.execute(SENT)
