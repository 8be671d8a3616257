"""Partners, invitations, promotions that two persons approve, anomalies, and failed sign-ins."""

from alembic import op
from altscore_libs.ddl import inbox_tables, outbox_tables

revision = "0001"
down_revision = None

PARTNERS = """
CREATE TABLE distributors (
    distributor_id text PRIMARY KEY CHECK (distributor_id ~ '^dist_[a-z0-9_]{1,48}$'),
    name           text NOT NULL,
    status         text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'active')),
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL
);
COMMENT ON TABLE distributors IS 'whom we onboarded; keys and secrets are ingestion''s alone';
CREATE TABLE lenders (
    lender_id    text PRIMARY KEY CHECK (lender_id ~ '^lender_[a-z0-9_]{1,48}$'),
    name         text NOT NULL,
    status       text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'active')),
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL
);
COMMENT ON TABLE lenders IS 'whom we onboarded; secrets are score''s alone';
CREATE TABLE invite_runs (
    run_id         text PRIMARY KEY,
    distributor_id text NOT NULL REFERENCES distributors (distributor_id),
    lender_scope   text[] NOT NULL,
    purpose        text NOT NULL,
    requested_by   text NOT NULL,
    requested_at   timestamptz NOT NULL,
    finished_at    timestamptz,
    invited        integer,
    already_open   integer,
    unreachable    integer,
    refused        integer
);
CREATE INDEX invite_runs_by_distributor ON invite_runs (distributor_id, requested_at);
GRANT SELECT, INSERT ON distributors, lenders, invite_runs TO admin;
GRANT UPDATE (name, status) ON distributors, lenders TO admin;
GRANT UPDATE (finished_at, invited, already_open, unreachable, refused) ON invite_runs TO admin;
"""

# The second person is the database's business too: no code path, and no operator of this service, can approve alone.
PROMOTIONS = """
CREATE TABLE promotions (
    promotion_id     text PRIMARY KEY CHECK (promotion_id ~ '^prm_[0-9a-f]{32}$'),
    seq              bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind             text NOT NULL CHECK (kind IN ('promote', 'rollback')),
    model_name       text NOT NULL,
    model_version    text NOT NULL,
    model_sha256     text NOT NULL CHECK (model_sha256 ~ '^[0-9a-f]{64}$'),
    artifact_uri     text NOT NULL,
    taxonomy_digest  text NOT NULL CHECK (taxonomy_digest ~ '^[0-9a-f]{64}$'),
    guardrail_digest text NOT NULL CHECK (guardrail_digest ~ '^[0-9a-f]{64}$'),
    evaluation       text NOT NULL,
    statement_digest text NOT NULL CHECK (statement_digest ~ '^[0-9a-f]{64}$'),
    status           text NOT NULL DEFAULT 'proposed'
                     CHECK (status IN ('proposed', 'promoted', 'withdrawn', 'expired')),
    proposed_by      text NOT NULL,
    proposed_at      timestamptz NOT NULL,
    approved_by      text,
    approved_at      timestamptz,
    promotion_record text,
    signature_key_id text,
    signature        text CHECK (signature ~ '^[0-9a-f]{128}$'),
    CONSTRAINT promotions_two_persons CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CONSTRAINT promotions_whole CHECK (
        CASE WHEN status = 'promoted'
             THEN num_nonnulls(approved_by, approved_at, promotion_record, signature_key_id, signature) = 5
             ELSE num_nonnulls(approved_by, approved_at, promotion_record, signature_key_id, signature) = 0 END)
);
COMMENT ON COLUMN promotions.statement_digest IS 'SHA-256 of the RFC 8785 statement that both persons make';
CREATE UNIQUE INDEX promotions_one_open ON promotions (model_name, kind) WHERE status = 'proposed';
CREATE INDEX promotions_history ON promotions (model_name, seq) WHERE status = 'promoted';
CREATE FUNCTION promotions_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'proposed' THEN
        RAISE EXCEPTION 'a decided promotion stands' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promotions_stand BEFORE UPDATE ON promotions FOR EACH ROW EXECUTE FUNCTION promotions_stand();
GRANT SELECT, INSERT ON promotions TO admin;
GRANT UPDATE (status, approved_by, approved_at, promotion_record, signature_key_id, signature) ON promotions TO admin;
"""

REST = """
CREATE TABLE anomalies (
    anomaly_id  text PRIMARY KEY,
    retailer_id text NOT NULL CHECK (retailer_id ~ '^ret_[0-9a-f]{16}$'),
    run_id      text NOT NULL,
    score       double precision NOT NULL,
    threshold   double precision NOT NULL,
    detected_at timestamptz NOT NULL,
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed'))
);
CREATE INDEX anomalies_open ON anomalies (detected_at) WHERE status = 'open';
CREATE TABLE failed_sign_ins (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source    text NOT NULL,
    failed_at timestamptz NOT NULL
);
CREATE INDEX failed_sign_ins_recent ON failed_sign_ins (source, failed_at);
GRANT SELECT, INSERT ON anomalies TO admin;
GRANT SELECT, INSERT, DELETE ON failed_sign_ins TO admin;
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in (outbox_tables("admin"), inbox_tables("admin"), PARTNERS, PROMOTIONS, REST):
        op.execute(statement)
