"""The phone that an invite is put to (decision 89): an open invite without one can no longer be answered."""

from alembic import op

revision = "0003"
down_revision = "0002"

CONTACT = """
ALTER TABLE invites ADD COLUMN contact_ref text CHECK (contact_ref ~ '^pcr_[0-9a-f]{32}$');
COMMENT ON COLUMN invites.contact_ref IS 'the vault''s reference of the one phone that may answer; null before 0003';
UPDATE invites SET status = 'expired', decided_at = now() WHERE status = 'open' AND contact_ref IS NULL;
"""


def upgrade() -> None:
    """Adds the column; null in an invite means that no answer can match it."""
    op.execute(CONTACT)
