"""A model that the engine refused is refused by a signed row, not by a state."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SQL = """
ALTER TABLE model_decisions DROP CONSTRAINT model_decisions_kind_check;
ALTER TABLE model_decisions ADD CONSTRAINT model_decisions_kind_check CHECK (
    kind IN ('promotion', 'challenger', 'challenger_withdrawn', 'freeze', 'unfreeze', 'model_refused')) NOT VALID;
ALTER TABLE model_decisions VALIDATE CONSTRAINT model_decisions_kind_check;
COMMENT ON COLUMN models.state IS 'what was last done; which model is in use, the signed rows of model_decisions say';
"""


def upgrade() -> None:
    """Allows one kind more; the release before reads by kind and passes it over."""
    op.execute(SQL)
