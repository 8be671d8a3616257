"""Which installation of the connector sends for a distributor, so that a second one is refused."""

from alembic import op

revision = "0016"
down_revision = "0015"

INSTALLATIONS = """
CREATE TABLE installation (
    distributor_id  text PRIMARY KEY REFERENCES distributor,
    installation_id text NOT NULL CHECK (installation_id ~ '^ins_[0-9a-f]{32}$'),
    since           timestamptz NOT NULL,
    last_batch_at   timestamptz,
    refused_id      text CHECK (refused_id ~ '^ins_[0-9a-f]{32}$'),
    refused_at      timestamptz,
    CHECK ((refused_id IS NULL) = (refused_at IS NULL))
);
COMMENT ON TABLE installation IS 'the one whose batches are taken; refused_id is the last other one that tried';
GRANT SELECT, INSERT, UPDATE ON installation TO ingestion;
"""


def upgrade() -> None:
    """Adds a table; a release that does not know it takes batches of every installation, as before."""
    op.execute(INSTALLATIONS)
