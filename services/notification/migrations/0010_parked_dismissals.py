"""Parked messages are put away by an order, and old orders go."""

from alembic import op
from altscore_libs.ddl import parked_dismissals

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds columns that the release before leaves empty, and a third action that it does not place."""
    op.execute(parked_dismissals("notification"))
