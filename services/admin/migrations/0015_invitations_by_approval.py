"""An invitation to register a key is made by an approved request: one each, of two persons of whom none is invited."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Rows without an approval are those of the release before, and of `invite-first`. The MAC of a row is unchanged, so
# both releases read each other's invitations.
INVITATIONS = """
ALTER TABLE key_invitations
    ADD COLUMN approval_id text REFERENCES approvals (approval_id),
    ADD CONSTRAINT key_invitations_of_approval UNIQUE (approval_id),
    ADD CONSTRAINT key_invitations_two_others CHECK (
        approval_id IS NULL
        OR (approved_by IS NOT NULL AND lower(approved_by) <> lower(requested_by)
            AND operator_id <> lower(requested_by) AND operator_id <> lower(approved_by)));
COMMENT ON COLUMN key_invitations.approval_id IS 'the approved request that made it; null: the first of a deployment';
"""


def upgrade() -> None:
    """Adds a column that the release before leaves empty."""
    op.execute(INVITATIONS)
