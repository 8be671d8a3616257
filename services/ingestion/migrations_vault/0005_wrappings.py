"""When and by which key a data key was wrapped, so that none stays under an old version for more than a month."""

from alembic import op

revision = "0005"
down_revision = "0004"

COLUMNS = """
ALTER TABLE retailer ADD COLUMN wrapped_at timestamptz, ADD COLUMN wrapped_by text;
COMMENT ON COLUMN retailer.wrapped_at IS 'of the last wrapping; null: not since created_at';
COMMENT ON COLUMN retailer.wrapped_by IS 'label of the wrapping key; null: written before labels were kept';
CREATE INDEX retailer_of_wrapping ON retailer ((coalesce(wrapped_at, created_at)));
"""


def upgrade() -> None:
    """Adds the columns; rows without a label are wrapped anew by the next run."""
    op.execute(COLUMNS)
