"""Operators sign in: SAML responses used once, sessions, admin tokens, security keys, challenges, invitations."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPERATOR = "operator_id text NOT NULL CHECK (operator_id ~ '^[a-z][a-z0-9._-]{0,63}$')"

# Under a key that no database knows: a row that was only written here signs nobody in.
MAC = "mac bytea NOT NULL CHECK (octet_length(mac) = 32)"

SESSIONS = f"""
CREATE TABLE saml_responses (
    assertion_id text PRIMARY KEY,
    request_id   text NOT NULL UNIQUE,
    expires_at   timestamptz NOT NULL
);
COMMENT ON TABLE saml_responses IS 'used assertions and requests, until they would be refused as too old';
CREATE INDEX saml_responses_expiry ON saml_responses (expires_at);
CREATE TABLE operator_sessions (
    session_id   text PRIMARY KEY CHECK (session_id ~ '^ses_[0-9a-f]{{32}}$'),
    token_digest bytea NOT NULL UNIQUE CHECK (octet_length(token_digest) = 32),
    {OPERATOR},
    roles        text[] NOT NULL CHECK (cardinality(roles) > 0),
    started_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at <= started_at + interval '4 hours'),
    ended_at     timestamptz,
    {MAC}
);
COMMENT ON COLUMN operator_sessions.token_digest IS 'SHA-256 of 32 random bytes that only the cookie holds';
CREATE INDEX operator_sessions_of_operator ON operator_sessions (operator_id) WHERE ended_at IS NULL;
CREATE INDEX operator_sessions_expiry ON operator_sessions (expires_at);
GRANT SELECT, INSERT, DELETE ON saml_responses, operator_sessions TO admin;
GRANT UPDATE (ended_at) ON operator_sessions TO admin;
"""

KEYS = f"""
CREATE TABLE key_invitations (
    invitation_id  text PRIMARY KEY CHECK (invitation_id ~ '^kin_[0-9a-f]{{32}}$'),
    {OPERATOR},
    code_digest    text NOT NULL UNIQUE CHECK (code_digest ~ '^[0-9a-f]{{64}}$'),
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL,
    approved_by    text,
    approved_at    timestamptz,
    used_at        timestamptz,
    {MAC},
    CONSTRAINT key_invitations_two_persons CHECK (approved_by IS NULL OR approved_by <> requested_by),
    CONSTRAINT key_invitations_whole CHECK (num_nonnulls(approved_by, approved_at) <> 1),
    CONSTRAINT key_invitations_used CHECK (used_at IS NULL OR approved_at IS NOT NULL)
);
COMMENT ON COLUMN key_invitations.code_digest IS 'SHA-256 of 16 random bytes that the first person hands over';
CREATE TABLE security_keys (
    key_id             text PRIMARY KEY CHECK (key_id ~ '^key_[0-9a-f]{{32}}$'),
    credential_id      bytea NOT NULL UNIQUE,
    {OPERATOR},
    public_key         bytea NOT NULL,
    sign_count         bigint NOT NULL CHECK (sign_count >= 0),
    aaguid             uuid NOT NULL,
    attestation_format text NOT NULL,
    invitation_id      text NOT NULL UNIQUE REFERENCES key_invitations (invitation_id),
    status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'revoked')),
    registered_at      timestamptz NOT NULL,
    last_used_at       timestamptz,
    status_at          timestamptz,
    {MAC}
);
CREATE INDEX security_keys_of_operator ON security_keys (operator_id, key_id);
CREATE FUNCTION security_keys_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'revoked' OR (OLD.status = 'suspended' AND NEW.status = 'active') THEN
        RAISE EXCEPTION 'a key does not return' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.sign_count < OLD.sign_count THEN
        RAISE EXCEPTION 'a sign count only grows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER security_keys_end BEFORE UPDATE ON security_keys FOR EACH ROW EXECUTE FUNCTION security_keys_end();
CREATE TABLE key_challenges (
    challenge_id  text PRIMARY KEY CHECK (challenge_id ~ '^chl_[0-9a-f]{{32}}$'),
    session_id    text NOT NULL REFERENCES operator_sessions (session_id) ON DELETE CASCADE,
    purpose       text NOT NULL CHECK (purpose IN ('registration', 'token', 'action')),
    challenge     bytea NOT NULL CHECK (octet_length(challenge) = 32),
    invitation_id text REFERENCES key_invitations (invitation_id),
    expires_at    timestamptz NOT NULL
);
COMMENT ON TABLE key_challenges IS 'a row is deleted by the first answer, whether that answer holds or not';
CREATE INDEX key_challenges_expiry ON key_challenges (expires_at);
CREATE INDEX key_challenges_of_session ON key_challenges (session_id);
CREATE TABLE operator_tokens (
    token_digest bytea PRIMARY KEY CHECK (octet_length(token_digest) = 32),
    session_id   text NOT NULL REFERENCES operator_sessions (session_id) ON DELETE CASCADE,
    key_id       text NOT NULL REFERENCES security_keys (key_id),
    issued_at    timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at <= issued_at + interval '15 minutes'),
    {MAC}
);
CREATE INDEX operator_tokens_of_session ON operator_tokens (session_id);
CREATE INDEX operator_tokens_expiry ON operator_tokens (expires_at);
GRANT SELECT, INSERT ON key_invitations, security_keys TO admin;
GRANT UPDATE (approved_by, approved_at, used_at, mac) ON key_invitations TO admin;
GRANT UPDATE (sign_count, status, status_at, last_used_at) ON security_keys TO admin;
GRANT SELECT, INSERT, DELETE ON key_challenges, operator_tokens TO admin;
"""


def upgrade() -> None:
    """Adds tables; the release before does not know them."""
    op.execute(SESSIONS)
    op.execute(KEYS)
