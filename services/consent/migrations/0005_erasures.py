"""Retailers that are erased: nothing is granted or asked any more, and what only served to reach them goes."""

from alembic import op
from altscore_libs.ddl import inbox_age_index, inbox_tables

revision = "0005"
down_revision = "0004"

ERASED = """
CREATE TABLE erased_retailers (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    request_id  text NOT NULL,
    erased_at   timestamptz NOT NULL,
    applied_at  timestamptz NOT NULL
);
COMMENT ON TABLE erased_retailers IS 'kept for ever: no later answer, invite or message counts for these ids';
GRANT SELECT, INSERT ON erased_retailers TO consent;
GRANT UPDATE (contact_ref) ON invites TO consent;
GRANT DELETE ON unclear_replies TO consent;
"""


def upgrade() -> None:
    """Adds the table, the rights that an erasure needs, and what consuming events needs."""
    op.execute(inbox_tables("consent"))
    op.execute(inbox_age_index())
    op.execute(ERASED)
