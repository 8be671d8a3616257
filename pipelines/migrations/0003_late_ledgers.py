"""How many ledgers lay behind the snapshot of an announced run."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; of runs announced before, nobody counted them."""
    op.execute(
        """
        ALTER TABLE runs ADD COLUMN late_ledgers integer NOT NULL DEFAULT 0 CHECK (late_ledgers >= 0);
        COMMENT ON COLUMN runs.late_ledgers IS 'ledgers more than a day behind the snapshot; the manifest names them';
        """
    )
