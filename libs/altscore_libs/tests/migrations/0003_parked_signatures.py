"""How parked messages were signed, and which of them hold back their key."""

from alembic import op
from altscore_libs.ddl import parked_signatures

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds it."""
    op.execute(parked_signatures())
