"""A repeated refresh is answered with the same pair."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REPEATS = """
ALTER TABLE refresh_token ADD COLUMN successor bytea;
COMMENT ON COLUMN refresh_token.successor IS
    'the next pair of tokens, encrypted with a key that only the spent token gives; removed a minute after its use';
CREATE INDEX refresh_token_successor ON refresh_token (used_at) WHERE successor IS NOT NULL;
GRANT UPDATE (successor) ON refresh_token TO score;
"""


def upgrade() -> None:
    """Adds the column."""
    op.execute(REPEATS)
