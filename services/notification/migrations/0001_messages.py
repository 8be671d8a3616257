"""One row per message, from the event that asked for it to its end."""

from alembic import op
from altscore_libs.ddl import inbox_tables, outbox_tables

revision = "0001"
down_revision = None

MESSAGES = """
CREATE TABLE messages (
    message_id      text PRIMARY KEY CHECK (message_id ~ '^msg_[0-9a-f]{32}$'),
    event_id        uuid NOT NULL,
    kind            text NOT NULL,
    dedupe_key      text NOT NULL UNIQUE,
    retailer_id     text NOT NULL,
    invite_id       text,
    template        text NOT NULL,
    language        text NOT NULL CHECK (language IN ('hi', 'en')),
    parameters      text[] NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed', 'cancelled')),
    attempts        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    next_attempt_at timestamptz NOT NULL,
    finished_at     timestamptz,
    provider_hash   text,
    error_code      text,
    UNIQUE (event_id, kind)
);
COMMENT ON COLUMN messages.dedupe_key IS 'several events of one NAHI make one message';
COMMENT ON COLUMN messages.provider_hash IS 'HMAC of the provider''s message id, which holds a phone number';
CREATE INDEX messages_due ON messages (next_attempt_at) WHERE status = 'pending';
CREATE INDEX messages_by_invite ON messages (invite_id) WHERE status = 'pending';
CREATE INDEX messages_finished ON messages (finished_at) WHERE finished_at IS NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO notification;
"""


def upgrade() -> None:
    """Creates everything."""
    op.execute(outbox_tables("notification"))
    op.execute(inbox_tables("notification"))
    op.execute(MESSAGES)
