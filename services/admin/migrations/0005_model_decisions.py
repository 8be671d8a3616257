"""Challengers, freezes and their ends, which two persons approve."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = """
CREATE SEQUENCE model_decisions_decided;
CREATE TABLE model_decisions (
    decision_id      text PRIMARY KEY CHECK (decision_id ~ '^dec_[0-9a-f]{32}$'),
    kind             text NOT NULL CHECK (kind IN ('challenger', 'challenger_withdrawn', 'freeze', 'unfreeze')),
    model_name       text NOT NULL,
    fields           text NOT NULL,
    statement_digest text NOT NULL CHECK (statement_digest ~ '^[0-9a-f]{64}$'),
    status           text NOT NULL DEFAULT 'proposed'
                     CHECK (status IN ('proposed', 'decided', 'withdrawn', 'expired')),
    proposed_by      text NOT NULL,
    proposed_at      timestamptz NOT NULL,
    approved_by      text,
    approved_at      timestamptz,
    decided_seq      bigint UNIQUE,
    decision_record  text,
    signature_key_id text,
    signature        text CHECK (signature ~ '^[0-9a-f]{128}$'),
    CONSTRAINT model_decisions_two_persons CHECK (approved_by IS NULL OR approved_by <> proposed_by),
    CONSTRAINT model_decisions_whole CHECK (
        num_nonnulls(approved_by, approved_at, decided_seq, decision_record, signature_key_id, signature)
        = CASE WHEN status = 'decided' THEN 6 ELSE 0 END)
);
COMMENT ON COLUMN model_decisions.statement_digest IS 'SHA-256 of the RFC 8785 statement that both persons make';
CREATE UNIQUE INDEX model_decisions_one_open ON model_decisions (model_name, kind) WHERE status = 'proposed';
CREATE INDEX model_decisions_history ON model_decisions (model_name, decided_seq) WHERE status = 'decided';
CREATE FUNCTION model_decisions_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'proposed' THEN
        RAISE EXCEPTION 'a decision stands' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER model_decisions_stand BEFORE UPDATE ON model_decisions
    FOR EACH ROW EXECUTE FUNCTION model_decisions_stand();
GRANT SELECT, INSERT ON model_decisions TO admin;
GRANT UPDATE (status, approved_by, approved_at, decided_seq, decision_record, signature_key_id, signature)
    ON model_decisions TO admin;
GRANT USAGE ON SEQUENCE model_decisions_decided TO admin;
"""


def upgrade() -> None:
    """Adds the table; the release before does not know it."""
    op.execute(SQL)
