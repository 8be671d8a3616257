"""What two persons decide, apart from models: requested, approved by another person, carried out once."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The second person, the digest of what is stored and the end after a day are the database's business too.
APPROVALS = """
CREATE TABLE approvals (
    approval_id        text PRIMARY KEY CHECK (approval_id ~ '^apr_[0-9a-f]{32}$'),
    kind               text NOT NULL CHECK (kind ~ '^[a-z][a-z_]{2,39}$'),
    subject            text NOT NULL CHECK (length(subject) BETWEEN 1 AND 120),
    content            text NOT NULL CHECK (length(content) <= 262144),
    content_sha256     text NOT NULL,
    state              text NOT NULL DEFAULT 'open'
                       CHECK (state IN ('open', 'executed', 'rejected', 'withdrawn', 'expired')),
    proposed_by        text NOT NULL,
    proposed_at        timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    proposal_key_id    text NOT NULL,
    proposal_signature text NOT NULL CHECK (proposal_signature ~ '^[0-9a-f]{128}$'),
    approved_by        text,
    approved_at        timestamptz,
    approval_record    text,
    signature_key_id   text,
    signature          text CHECK (signature ~ '^[0-9a-f]{128}$'),
    result             text,
    closed_by          text,
    closed_at          timestamptz,
    close_reason       text,
    failed_at          timestamptz,
    failure            text CHECK (failure ~ '^[A-Z_]{3,60}$'),
    CONSTRAINT approvals_two_persons CHECK (approved_by IS NULL OR lower(approved_by) <> lower(proposed_by)),
    CONSTRAINT approvals_content_digest CHECK (content_sha256 = encode(sha256(convert_to(content, 'UTF8')), 'hex')),
    CONSTRAINT approvals_one_day CHECK (expires_at = proposed_at + interval '24 hours'),
    CONSTRAINT approvals_in_time CHECK (approved_at IS NULL OR approved_at < expires_at),
    CONSTRAINT approvals_whole CHECK (
        num_nonnulls(approved_by, approved_at, approval_record, signature_key_id, signature, result)
        = CASE WHEN state = 'executed' THEN 6 ELSE 0 END),
    CONSTRAINT approvals_closed CHECK (
        (closed_at IS NOT NULL) = (state IN ('rejected', 'withdrawn', 'expired')))
);
COMMENT ON TABLE approvals IS 'what one person requests and another approves; carried out once';
COMMENT ON COLUMN approvals.content IS 'RFC 8785: everything that the second person approves; no personal data';
COMMENT ON COLUMN approvals.failure IS 'code of the last execution that failed; the request stays open';
CREATE UNIQUE INDEX approvals_one_open ON approvals (kind, subject) WHERE state = 'open';
CREATE INDEX approvals_ending ON approvals (expires_at) WHERE state = 'open';
CREATE INDEX approvals_newest ON approvals (state, proposed_at DESC, approval_id DESC);
CREATE INDEX approvals_executed ON approvals (kind, subject, approved_at DESC) WHERE state = 'executed';
CREATE FUNCTION approvals_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'a decided request stands' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approvals_stand BEFORE UPDATE ON approvals FOR EACH ROW EXECUTE FUNCTION approvals_stand();
GRANT SELECT, INSERT ON approvals TO admin;
GRANT UPDATE (state, approved_by, approved_at, approval_record, signature_key_id, signature, result,
              closed_by, closed_at, close_reason, failed_at, failure) ON approvals TO admin;
"""

ANOMALIES = """
ALTER TABLE anomalies
    ADD COLUMN review      text CHECK (review IN ('released', 'confirmed')),
    ADD COLUMN reviewed_by text,
    ADD COLUMN reviewed_at timestamptz,
    ADD CONSTRAINT anomalies_reviewed CHECK (num_nonnulls(review, reviewed_by, reviewed_at) IN (0, 3));
GRANT UPDATE (review, reviewed_by, reviewed_at) ON anomalies TO admin;
"""


def upgrade() -> None:
    """Adds a table and columns; the release before knows none of them."""
    op.execute(APPROVALS)
    op.execute(ANOMALIES)
