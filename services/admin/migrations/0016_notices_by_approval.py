"""A notice of an incident is approved as every other request; its approval is one of the table `approvals`."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# `incident_approvals` stays for the release before; this one neither reads nor writes it.
NOTICES = """
ALTER TABLE incident_notices
    ADD CONSTRAINT incident_notices_of_approval UNIQUE (approval_id),
    ADD CONSTRAINT incident_notices_two_people CHECK (approved_by IS NULL OR lower(approved_by) <> lower(proposed_by))
        NOT VALID;
COMMENT ON COLUMN incident_notices.approval_id IS 'in approvals; of the release before 0016 in incident_approvals';
"""


def upgrade() -> None:
    """Adds what the release before holds to already, but for one person in two spellings."""
    op.execute(NOTICES)
