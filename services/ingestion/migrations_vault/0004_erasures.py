"""Erasure: who was erased, with the signed certificate, and tombstones that keep the identity from coming back."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE erasure (
    retailer_id text PRIMARY KEY CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    request_id  text NOT NULL CHECK (request_id ~ '^rgt_[0-9a-f]{32}$'),
    erased_at   timestamptz NOT NULL,
    certificate text NOT NULL,
    signature   bytea NOT NULL CHECK (length(signature) = 64)
);
COMMENT ON TABLE erasure IS 'every erased id with its certificate; an alias has a row of its own with the same one';

CREATE TABLE tombstone (
    digest    bytea PRIMARY KEY CHECK (length(digest) = 32),
    erased_at timestamptz NOT NULL
);
COMMENT ON TABLE tombstone IS
    'keyed digests of the tokens of erased ledgers, GSTINs and phones: what bears one is not stored again';
"""

# What stands here is only ever added to: the application can erase an identity, and cannot forget that it did.
GRANTS = """
GRANT SELECT, INSERT ON erasure, tombstone TO vault;
GRANT DELETE ON retailer, subject TO vault;
"""


def upgrade() -> None:
    """Creates the tables."""
    op.execute(TABLES)
    op.execute(GRANTS)
