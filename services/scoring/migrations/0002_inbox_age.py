"""The index that the removal of old inbox rows reads along."""

from alembic import op
from altscore_libs.ddl import inbox_age_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index."""
    op.execute(inbox_age_index())
