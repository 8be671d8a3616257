"""How many ledgers differ from what their ERP says of them, and how many were not compared."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; runs announced before compared nothing."""
    op.execute(
        """
        ALTER TABLE runs
            ADD COLUMN differing_ledgers integer CHECK (differing_ledgers >= 0),
            ADD COLUMN uncompared_ledgers integer CHECK (uncompared_ledgers >= 0);
        COMMENT ON COLUMN runs.differing_ledgers IS
            'ledgers with a month that is not what its ERP says; the manifest names them; NULL: not compared';
        COMMENT ON COLUMN runs.uncompared_ledgers IS
            'ledgers with a month that no statement of their ERP tells of; NULL: not compared';
        """
    )
