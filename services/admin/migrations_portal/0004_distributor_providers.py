"""A distributor may have an identity provider of its own."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The same columns and checks as a lender's have, so that one set of statements serves both.
PROVIDERS = """
CREATE TABLE distributor_identity_provider (LIKE lender_identity_provider INCLUDING ALL);
ALTER TABLE distributor_identity_provider
    DROP CONSTRAINT lender_identity_provider_kind_check,
    ALTER COLUMN kind SET DEFAULT 'distributor',
    ADD CONSTRAINT distributor_identity_provider_kind CHECK (kind = 'distributor'),
    ADD CONSTRAINT distributor_identity_provider_speaks_oidc CHECK (protocol = 'oidc'),
    ADD FOREIGN KEY (kind, organisation_id) REFERENCES organisation (kind, organisation_id);
COMMENT ON TABLE distributor_identity_provider IS 'of a distributor that has one: its people sign in nowhere else';
CREATE TABLE distributor_identity_provider_draft (LIKE lender_identity_provider_draft INCLUDING ALL);
ALTER TABLE distributor_identity_provider_draft
    ADD CONSTRAINT distributor_identity_provider_draft_speaks_oidc CHECK (protocol = 'oidc');
COMMENT ON TABLE distributor_identity_provider_draft IS 'signs nobody in; activated once two operators agree';
GRANT SELECT, INSERT, UPDATE, DELETE ON distributor_identity_provider, distributor_identity_provider_draft TO portal;
"""


def upgrade() -> None:
    """Adds two tables; the release before knows neither."""
    op.execute(PROVIDERS)
