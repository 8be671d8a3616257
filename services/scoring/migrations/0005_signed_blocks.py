"""Blocks are signed as scores are; those of earlier releases, and of whole runs, have no signature."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = """
ALTER TABLE blocks ADD COLUMN sealed_record text, ADD COLUMN seal_key_id text, ADD COLUMN seal text;
COMMENT ON COLUMN blocks.sealed_record IS 'RFC 8785 record that the seal signs; names the digest of the evidence';
ALTER TABLE blocks ADD CONSTRAINT blocks_signature_whole
    CHECK (num_nulls(sealed_record, seal_key_id, seal) IN (0, 3)) NOT VALID;
ALTER TABLE blocks VALIDATE CONSTRAINT blocks_signature_whole;
"""


def upgrade() -> None:
    """Adds the columns; the release before goes on inserting without them."""
    op.execute(SQL)
