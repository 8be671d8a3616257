"""Who proposed is signed too: a row of a proposal is half of an approval by two persons."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = """
ALTER TABLE {table}
    ADD COLUMN proposal_key_id text,
    ADD COLUMN proposal_signature text CHECK (proposal_signature ~ '^[0-9a-f]{{128}}$');
COMMENT ON COLUMN {table}.proposal_signature IS
    'over id, statement_digest, proposed_by and proposed_at; a proposal without one is approved by nobody';
"""


def upgrade() -> None:
    """Adds columns; the release before leaves them empty, and what it has open is proposed again."""
    for table in ("promotions", "model_decisions"):
        op.execute(COLUMNS.format(table=table))
