"""Sealed deliveries, and the messages and statuses in them, each known once by a keyed hash."""

from alembic import op
from altscore_libs.ddl import outbox_tables

revision = "0001"
down_revision = None

INBOX = """
CREATE TABLE deliveries (
    delivery_id uuid PRIMARY KEY,
    received_at timestamptz NOT NULL,
    wrapped_key bytea NOT NULL,
    sealed      bytea NOT NULL
);
COMMENT ON COLUMN deliveries.sealed IS 'raw body, AES-256-GCM under wrapped_key; it holds phone numbers';
CREATE INDEX deliveries_by_time ON deliveries (received_at);

CREATE TABLE messages (
    message_hash    text PRIMARY KEY CHECK (message_hash ~ '^[0-9a-f]{64}$'),
    delivery_id     uuid REFERENCES deliveries ON DELETE SET NULL,
    place           integer[] NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('message', 'status')),
    status          text NOT NULL CHECK (status IN ('pending', 'done', 'parked')),
    outcome         text,
    attempts        integer NOT NULL DEFAULT 0,
    received_at     timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    finished_at     timestamptz
);
COMMENT ON COLUMN messages.message_hash IS 'HMAC of the message id, which holds a phone number (and of the status)';
CREATE INDEX messages_due ON messages (next_attempt_at) WHERE status = 'pending';
CREATE INDEX messages_by_delivery ON messages (delivery_id);
CREATE INDEX messages_finished ON messages (finished_at) WHERE status = 'done';
GRANT SELECT, INSERT, DELETE ON deliveries TO webhook;
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO webhook;
"""


def upgrade() -> None:
    """Creates everything."""
    op.execute(outbox_tables("webhook"))
    op.execute(INBOX)
