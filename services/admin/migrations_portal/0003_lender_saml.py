"""A lender's identity provider may speak SAML; used assertions; sessions that SAML opened."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PROVIDER = """
ALTER TABLE {table}
    ALTER COLUMN issuer DROP NOT NULL,
    ALTER COLUMN client_id DROP NOT NULL,
    ALTER COLUMN client_secret_ciphertext DROP NOT NULL,
    ADD COLUMN protocol text NOT NULL DEFAULT 'oidc',
    ADD COLUMN entity_id text,
    ADD COLUMN sso_url text CHECK (sso_url ~ '^https://'),
    ADD COLUMN certificates_pem text,
    ADD COLUMN email_attribute text,
    ADD CONSTRAINT {table}_is_whole CHECK (
        protocol = 'oidc' AND num_nonnulls(issuer, client_id, client_secret_ciphertext) = 3
            AND num_nonnulls(entity_id, sso_url, certificates_pem, email_attribute) = 0
        OR protocol = 'saml' AND num_nonnulls(entity_id, sso_url, certificates_pem) = 3
            AND num_nonnulls(issuer, client_id, client_secret_ciphertext) = 0
    );
COMMENT ON COLUMN {table}.email_attribute IS 'of SAML: whose value is the address; null: the NameID is';
"""

RESPONSES = """
CREATE TABLE saml_responses (
    assertion_id text PRIMARY KEY,
    request_id   text NOT NULL UNIQUE,
    expires_at   timestamptz NOT NULL
);
COMMENT ON TABLE saml_responses IS 'used assertions and requests, until they would be refused as too old';
COMMENT ON COLUMN saml_responses.assertion_id IS 'behind its lender: a provider names its assertions as it likes';
CREATE INDEX saml_responses_expiry ON saml_responses (expires_at);
GRANT SELECT, INSERT, DELETE ON saml_responses TO portal;
ALTER TABLE session DROP CONSTRAINT session_sign_in_check,
    ADD CONSTRAINT session_sign_in_check CHECK (sign_in IN ('codes', 'oidc', 'saml')) NOT VALID;
"""


def upgrade() -> None:
    """Adds columns and a table; the release before runs on it while no provider of SAML is activated."""
    for table in ("lender_identity_provider", "lender_identity_provider_draft"):
        op.execute(PROVIDER.format(table=table))
    op.execute(RESPONSES)
