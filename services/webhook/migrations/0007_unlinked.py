"""When the vault was last asked whose an unlinked phone is, so that an erasure finds it or its age ends it."""

from alembic import op

revision = "0007"
down_revision = "0006"

CHECKED = """
ALTER TABLE users ADD COLUMN checked_at timestamptz;
COMMENT ON COLUMN users.checked_at IS 'when the vault knew no retailer of this phone';
ALTER TABLE former_identities ADD COLUMN checked_at timestamptz;
COMMENT ON COLUMN former_identities.checked_at IS 'when the vault knew no retailer of the phone before';
"""


def upgrade() -> None:
    """Adds the columns."""
    op.execute(CHECKED)
