"""Organisations, people, sessions, one-time codes and sign-ins at identity providers."""

from alembic import op
from altscore_libs.ddl import outbox_accounting, outbox_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

PEOPLE = """
CREATE TABLE organisation (
    kind            text NOT NULL CHECK (kind IN ('distributor', 'lender')),
    organisation_id text NOT NULL CHECK (length(organisation_id) BETWEEN 1 AND 64),
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    lender_scope    text[] NOT NULL DEFAULT '{}',
    purpose         text,
    suspended_at    timestamptz,
    PRIMARY KEY (kind, organisation_id)
);
COMMENT ON COLUMN organisation.lender_scope IS 'of a distributor: the lenders that its own invites may name';

CREATE TABLE person (
    person_id           text PRIMARY KEY CHECK (person_id ~ '^per_[0-9a-f]{32}$'),
    kind                text NOT NULL,
    organisation_id     text NOT NULL,
    email_digest        bytea NOT NULL CHECK (length(email_digest) = 32),
    email_ciphertext    bytea NOT NULL,
    phone_ciphertext    bytea,
    language            text NOT NULL CHECK (language IN ('hi', 'en')),
    oidc_subject_digest bytea CHECK (length(oidc_subject_digest) = 32),
    enrolled_at         timestamptz NOT NULL,
    suspended_at        timestamptz,
    FOREIGN KEY (kind, organisation_id) REFERENCES organisation,
    UNIQUE (kind, email_digest)
);
COMMENT ON TABLE person IS 'contacts only as HMAC and ciphertext; the key is in no database';
CREATE INDEX person_of_organisation ON person (kind, organisation_id, person_id);
"""

SESSIONS = """
CREATE TABLE session (
    token_digest bytea PRIMARY KEY CHECK (length(token_digest) = 32),
    person_id    text NOT NULL REFERENCES person,
    sign_in      text NOT NULL CHECK (sign_in IN ('codes', 'oidc')),
    started_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX session_of_person ON session (person_id) WHERE ended_at IS NULL;
CREATE INDEX session_expiry ON session (expires_at);
"""

CODES = """
CREATE TABLE challenge (
    challenge_id text PRIMARY KEY CHECK (challenge_id ~ '^otp_[0-9a-f]{32}$'),
    person_id    text REFERENCES person,
    codes_hash   text NOT NULL,
    started_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    tries        smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    used_at      timestamptz
);
COMMENT ON COLUMN challenge.person_id IS 'null where nobody has that e-mail: the answer and its cost are the same';
CREATE INDEX challenge_expiry ON challenge (expires_at);

CREATE TABLE outgoing_code (
    message_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    challenge_id    text NOT NULL REFERENCES challenge ON DELETE CASCADE,
    channel         text NOT NULL CHECK (channel IN ('email', 'sms')),
    code_ciphertext bytea NOT NULL,
    attempts        smallint NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    created_at      timestamptz NOT NULL
);
CREATE INDEX outgoing_code_due ON outgoing_code (due_at);

CREATE TABLE attempt (
    kind    text NOT NULL,
    subject bytea NOT NULL CHECK (length(subject) = 32),
    at      timestamptz NOT NULL
);
COMMENT ON TABLE attempt IS 'what is limited per person and per address; the subject is an HMAC';
CREATE INDEX attempt_recent ON attempt (kind, subject, at);
CREATE INDEX attempt_age ON attempt (at);
"""

OIDC = """
CREATE TABLE lender_identity_provider (
    organisation_id          text PRIMARY KEY,
    kind                     text NOT NULL DEFAULT 'lender' CHECK (kind = 'lender'),
    issuer                   text NOT NULL CHECK (issuer ~ '^https://'),
    client_id                text NOT NULL,
    client_secret_ciphertext bytea NOT NULL,
    updated_at               timestamptz NOT NULL,
    FOREIGN KEY (kind, organisation_id) REFERENCES organisation (kind, organisation_id)
);

CREATE TABLE oidc_login (
    state_digest    bytea PRIMARY KEY CHECK (length(state_digest) = 32),
    browser_digest  bytea NOT NULL CHECK (length(browser_digest) = 32),
    kind            text NOT NULL CHECK (kind IN ('distributor', 'lender')),
    organisation_id text,
    issuer          text NOT NULL,
    ciphertext      bytea NOT NULL,
    next_path       text NOT NULL,
    expires_at      timestamptz NOT NULL
);
COMMENT ON COLUMN oidc_login.ciphertext IS 'nonce and PKCE verifier';
CREATE INDEX oidc_login_expiry ON oidc_login (expires_at);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON organisation, person TO portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON session, challenge, outgoing_code, attempt, oidc_login,
    lender_identity_provider TO portal;
"""


def upgrade() -> None:
    """Creates the tables of the portal."""
    op.execute(outbox_tables("portal"))
    for statements in (PEOPLE, SESSIONS, CODES, OIDC, GRANTS):
        op.execute(statements)
    op.execute(outbox_accounting("portal"))
