"""Scores that no answer needs any more give up their signed record; where the service is with it, and its index."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The row itself stays: a grievance may name the score. The record is kept by scoring, which owns it.
COMPACTION = """
CREATE INDEX sealed_score_by_age ON sealed_score (scored_at, score_id);
CREATE TABLE score_compaction (
    is_only   boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    scored_at timestamptz NOT NULL DEFAULT 'epoch',
    score_id  text NOT NULL DEFAULT ''
);
COMMENT ON TABLE score_compaction IS 'the last score, by age, that the compaction looked at';
INSERT INTO score_compaction DEFAULT VALUES;
GRANT SELECT, UPDATE ON score_compaction TO score;
GRANT UPDATE (sealed_record, seal_key_id, seal) ON sealed_score TO score;
COMMENT ON COLUMN sealed_score.sealed_record IS 'empty once neither a score nor a history can show it';
"""


def upgrade() -> None:
    """Adds the index and the place, and lets the service empty records."""
    op.execute(COMPACTION)
