"""Families of refresh tokens, issued tokens, former client secrets, orders of operators."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FAMILIES = """
CREATE TABLE token_family (
    family_id  text PRIMARY KEY,
    lender_id  text NOT NULL REFERENCES lender,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > issued_at),
    revoked_at timestamptz
);
COMMENT ON TABLE token_family IS 'tokens that stem from one use of the client secret alone; they end together';
CREATE INDEX token_family_by_lender ON token_family (lender_id) WHERE revoked_at IS NULL;
CREATE INDEX token_family_old ON token_family (expires_at);
CREATE TABLE refresh_token (
    token_digest bytea PRIMARY KEY CHECK (length(token_digest) = 32),
    family_id    text NOT NULL REFERENCES token_family ON DELETE CASCADE,
    used_at      timestamptz
);
COMMENT ON COLUMN refresh_token.token_digest IS 'SHA-256 of 256 random bits; the token itself is kept nowhere';
CREATE INDEX refresh_token_by_family ON refresh_token (family_id);
CREATE TABLE issued_token (
    jti        text PRIMARY KEY,
    family_id  text NOT NULL REFERENCES token_family ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX issued_token_by_family ON issued_token (family_id);
GRANT SELECT, INSERT, DELETE ON token_family, refresh_token, issued_token TO score;
GRANT UPDATE (revoked_at) ON token_family TO score;
GRANT UPDATE (used_at) ON refresh_token TO score;
"""

ORDERS = """
CREATE TABLE former_secret (
    lender_id   text NOT NULL REFERENCES lender,
    secret_hash text NOT NULL,
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (lender_id, secret_hash)
);
COMMENT ON TABLE former_secret IS 'secrets that were replaced and still count until valid_until';
CREATE TABLE access_order (
    order_id  uuid PRIMARY KEY,
    lender_id text NOT NULL REFERENCES lender,
    kind      text NOT NULL CHECK (kind IN ('revoke_token', 'revoke_tokens', 'suspend', 'reactivate', 'rotate_secret')),
    jti       text,
    done_at   timestamptz NOT NULL
);
COMMENT ON TABLE access_order IS 'what operators ordered about lenders'' access; the same order_id is carried out once';
CREATE INDEX access_order_old ON access_order (done_at);
GRANT SELECT, INSERT, DELETE ON former_secret, access_order TO score;
GRANT UPDATE (valid_until) ON former_secret TO score;
"""


def upgrade() -> None:
    """Adds them."""
    op.execute(FAMILIES)
    op.execute(ORDERS)
