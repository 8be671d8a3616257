"""Which message an edited or deleted message replaces, so that a replaced HAAN does not count."""

from alembic import op

revision = "0003"
down_revision = "0002"

REPLACED = """
ALTER TABLE messages ADD COLUMN replaces_hash text CHECK (replaces_hash ~ '^[0-9a-f]{64}$');
COMMENT ON COLUMN messages.replaces_hash IS 'message_hash of the message that its sender edited or deleted';
CREATE INDEX messages_by_replaced ON messages (replaces_hash) WHERE replaces_hash IS NOT NULL;
"""


def upgrade() -> None:
    """Adds the column."""
    op.execute(REPLACED)
