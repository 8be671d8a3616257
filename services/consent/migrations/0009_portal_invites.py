"""A distributor's own invites, the newest first, as the portal pages through them."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds an index; a release that does not know it goes on."""
    op.execute("CREATE INDEX invites_of_distributor ON invites (distributor_id, seq)")
