"""What operators order to be done with parked messages."""

from alembic import op
from altscore_libs.ddl import parked_orders

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table; the release before does not read it."""
    op.execute(parked_orders("webhook"))
