"""A retailer that turned out to be another one can still be heard: its phone goes on standing for its own id."""

from alembic import op

revision = "0003"
down_revision = "0002"

COLUMN = """
ALTER TABLE retailer ADD COLUMN alias_phone_token bytea;
ALTER TABLE retailer ADD CONSTRAINT retailer_alias_phone CHECK (alias_phone_token IS NULL OR alias_of IS NOT NULL);
COMMENT ON COLUMN retailer.alias_phone_token IS
    'the phone that was confirmed for this retailer when it became an alias: a withdrawal from it still counts';
CREATE INDEX retailer_of_alias_phone ON retailer (alias_phone_token) WHERE alias_phone_token IS NOT NULL;
"""


def upgrade() -> None:
    """Adds the column; earlier aliases have none."""
    op.execute(COLUMN)
