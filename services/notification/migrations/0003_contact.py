"""Which of a retailer's phones a message is for."""

from alembic import op

revision = "0003"
down_revision = "0002"

CONTACT = """
ALTER TABLE messages ADD COLUMN contact_ref text CHECK (contact_ref ~ '^pcr_[0-9a-f]{32}$');
COMMENT ON COLUMN messages.contact_ref IS 'the vault''s name of one phone; null: the newest confirmed phone';
"""


def upgrade() -> None:
    """Adds the column; messages so far are for the newest confirmed phone."""
    op.execute(CONTACT)
