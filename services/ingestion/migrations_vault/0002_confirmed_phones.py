"""Whose phone may consent: a ledger's phone counts only when it is confirmed (decision 89)."""

from alembic import op

revision = "0002"
down_revision = "0001"

COLUMN = """
ALTER TABLE subject ADD COLUMN is_phone_confirmed boolean NOT NULL DEFAULT false;
ALTER TABLE subject ADD CONSTRAINT subject_confirmed_phone CHECK (NOT is_phone_confirmed OR phone_token IS NOT NULL);
COMMENT ON COLUMN subject.is_phone_confirmed IS
    'false while another ledger of the retailer shows a different confirmed phone, until ops confirm this one';
"""

# The phone that has stood longest without a change is the standing one; whoever shows the same phone shares it.
STANDING = """
UPDATE subject SET is_phone_confirmed = true
FROM (
    SELECT DISTINCT ON (retailer_id) retailer_id, phone_token FROM subject
    WHERE phone_token IS NOT NULL ORDER BY retailer_id, updated_at, subject_token
) standing
WHERE subject.retailer_id = standing.retailer_id AND subject.phone_token = standing.phone_token;
"""


def upgrade() -> None:
    """Adds the column and confirms each retailer's standing phone."""
    op.execute(COLUMN)
    op.execute(STANDING)
