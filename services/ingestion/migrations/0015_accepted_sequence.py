"""The greatest sequence number that was accepted of a distributor, which its connector asks for before it sends."""

from alembic import op

revision = "0015"
down_revision = "0013"

SEQUENCES = """
CREATE TABLE accepted_sequence (
    distributor_id   text PRIMARY KEY REFERENCES distributor,
    highest_sequence bigint NOT NULL CHECK (highest_sequence > 0)
);
COMMENT ON TABLE accepted_sequence IS 'a connector that remembers less was put back or lost its state';
GRANT SELECT, INSERT, UPDATE ON accepted_sequence TO ingestion;

INSERT INTO accepted_sequence
SELECT distributor_id, max(sequence) FROM (
    SELECT distributor_id, sequence FROM record UNION ALL SELECT distributor_id, sequence FROM erp_total
) AS stated WHERE sequence > 0 GROUP BY distributor_id;
"""


def upgrade() -> None:
    """Adds a table with what is known; a release that does not know it goes on, and connectors ask it for nothing."""
    op.execute(SEQUENCES)
