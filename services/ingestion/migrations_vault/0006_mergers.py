"""Mergers by decision of operations: what each moved, so that it can be undone."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLE = """
CREATE TABLE merger (
    losing_id       text PRIMARY KEY REFERENCES retailer ON DELETE CASCADE,
    winning_id      text NOT NULL,
    subject_tokens  bytea[] NOT NULL,
    phones          bytea[] NOT NULL,
    are_confirmed   boolean[] NOT NULL,
    gst_statuses    text[] NOT NULL,
    ticket          text NOT NULL,
    merged_at       timestamptz NOT NULL
);
COMMENT ON TABLE merger IS 'one row per standing merger; the arrays say of each moved ledger what it was before';
"""

GRANTS = "GRANT SELECT, INSERT, DELETE ON merger TO vault;"


def upgrade() -> None:
    """Creates the table."""
    op.execute(TABLE)
    op.execute(GRANTS)
