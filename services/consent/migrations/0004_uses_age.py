"""Uses go when no consent counts them any more; the index that their removal reads along."""

from alembic import op

revision = "0004"
down_revision = "0003"

AGE = """
CREATE INDEX consent_uses_by_age ON consent_uses (used_at);
GRANT DELETE ON consent_uses TO consent;
"""


def upgrade() -> None:
    """Adds the index, and lets the service remove."""
    op.execute(AGE)
