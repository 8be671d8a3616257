"""What operators order to be done with parked messages."""

from alembic import op
from altscore_libs.ddl import parked_orders

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the table."""
    op.execute(parked_orders("plumbing"))
