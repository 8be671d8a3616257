"""Runs that were announced, and the outbox that announces them."""

from alembic import op
from altscore_libs.ddl import outbox_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables; the role `pipeline` may add runs and never change them."""
    op.execute(outbox_tables("pipeline"))
    op.execute(
        """
        CREATE TABLE runs (
            run_id          text PRIMARY KEY CHECK (run_id ~ '^run_[0-9a-f]{26}$'),
            run_key         text NOT NULL CHECK (run_key ~ '^[0-9a-f]{64}$'),
            as_of_on        date NOT NULL,
            consent_version bigint NOT NULL,
            engine          text NOT NULL,
            retailers       integer NOT NULL CHECK (retailers >= 0),
            features        integer NOT NULL CHECK (features > 0),
            manifest_uri    text NOT NULL,
            manifest_sha256 text NOT NULL CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
            announced_at    timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE runs IS 'one row per run of the lake whose Gold was announced';
        GRANT SELECT, INSERT ON runs TO pipeline;
        """
    )
