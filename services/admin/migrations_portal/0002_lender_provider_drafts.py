"""A lender's identity provider waits for a second operator; its people can be removed."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DRAFTS = """
CREATE TABLE lender_identity_provider_draft (
    draft_id                 text PRIMARY KEY CHECK (draft_id ~ '^idp_[0-9a-f]{32}$'),
    organisation_id          text NOT NULL CHECK (length(organisation_id) BETWEEN 1 AND 64),
    organisation_name        text NOT NULL CHECK (length(organisation_name) BETWEEN 1 AND 200),
    issuer                   text NOT NULL CHECK (issuer ~ '^https://'),
    client_id                text NOT NULL,
    client_secret_ciphertext bytea NOT NULL,
    created_at               timestamptz NOT NULL
);
COMMENT ON TABLE lender_identity_provider_draft IS 'signs nobody in; activated once two operators agree';
CREATE INDEX lender_identity_provider_draft_age ON lender_identity_provider_draft (created_at);
ALTER TABLE lender_identity_provider ADD COLUMN draft_id text;
COMMENT ON COLUMN lender_identity_provider.draft_id IS 'the activated draft: repeating it changes nothing';
GRANT SELECT, INSERT, UPDATE, DELETE ON lender_identity_provider_draft TO portal;
GRANT DELETE ON person TO portal;
"""


def upgrade() -> None:
    """Adds the drafts, and the right to remove a person."""
    op.execute(DRAFTS)
