"""Erased retailers: no message of theirs is kept, and none is queued again."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ERASED = """
CREATE TABLE erased_retailers (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    request_id  text NOT NULL,
    erased_at   timestamptz NOT NULL,
    applied_at  timestamptz NOT NULL
);
COMMENT ON TABLE erased_retailers IS 'kept for ever: no message to these ids is queued';
GRANT SELECT, INSERT ON erased_retailers TO notification;
CREATE INDEX messages_by_retailer ON messages (retailer_id);
"""


def upgrade() -> None:
    """Adds the table, and the index that an erasure reads along."""
    op.execute(ERASED)
