"""Of a message that was set aside: how it was signed, and whether later events of its key wait for it."""

from alembic import op
from altscore_libs.ddl import parked_signatures

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds two columns with what older rows mean, and the index of refused messages."""
    op.execute(parked_signatures())
