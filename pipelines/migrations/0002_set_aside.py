"""How many batches an announced run left out."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; runs announced before left nothing out."""
    op.execute(
        """
        ALTER TABLE runs ADD COLUMN set_aside integer NOT NULL DEFAULT 0 CHECK (set_aside >= 0);
        COMMENT ON COLUMN runs.set_aside IS 'unusable batches that were left out; the manifest names them';
        """
    )
