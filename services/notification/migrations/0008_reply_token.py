"""The token of a question's YES button, until the message has left."""

from alembic import op

revision = "0008"
down_revision = "0007"

COLUMN = """
ALTER TABLE messages ADD COLUMN reply_token text CHECK (reply_token ~ '^[0-9a-f]{32}$');
COMMENT ON COLUMN messages.reply_token IS 'goes into the YES button; removed when the message has ended';
"""


def upgrade() -> None:
    """Adds the column; questions queued before have buttons that consent answers with a new question."""
    op.execute(COLUMN)
