"""Terms and a MAC beside every active state, and the uses that fair use counts."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATE_COLUMNS = """
ALTER TABLE consent_state
    ADD COLUMN use_limit integer CHECK (use_limit > 0),
    ADD COLUMN use_period_days integer CHECK (use_period_days > 0),
    ADD COLUMN seal bytea;
COMMENT ON COLUMN consent_state.seal IS 'keyed hash over the row and its signed record, while active; see ADR 0007';
CREATE OR REPLACE FUNCTION versions_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version > OLD.version THEN
        RETURN NEW;
    END IF;
    IF NEW.seal IS DISTINCT FROM OLD.seal AND
       (NEW.retailer_id, NEW.lender_id, NEW.purpose, NEW.status, NEW.version, NEW.consent_id, NEW.given_at,
        NEW.expires_at, NEW.ended_at, NEW.use_limit, NEW.use_period_days) IS NOT DISTINCT FROM
       (OLD.retailer_id, OLD.lender_id, OLD.purpose, OLD.status, OLD.version, OLD.consent_id, OLD.given_at,
        OLD.expires_at, OLD.ended_at, OLD.use_limit, OLD.use_period_days) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a version never goes back';
END $$;
"""

USES = """
CREATE TABLE consent_uses (
    event_id   uuid PRIMARY KEY,
    consent_id text NOT NULL,
    lender_id  text NOT NULL,
    used_at    timestamptz NOT NULL
);
COMMENT ON TABLE consent_uses IS 'one row per audited disclosure, as the audit topic tells it; event_id makes it once';
CREATE INDEX consent_uses_counted ON consent_uses (consent_id, lender_id, used_at);
GRANT SELECT, INSERT ON consent_uses TO consent;
"""


def upgrade() -> None:
    """Adds everything; older active states have no MAC until `remac` has verified them."""
    op.execute(STATE_COLUMNS)
    op.execute(USES)
