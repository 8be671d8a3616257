"""MACs of invites, ledgers and uses, and what not even the service's own role may do to them."""

from alembic import op

revision = "0006"
down_revision = "0005"

MACS = """
ALTER TABLE invites ADD COLUMN mac bytea;
ALTER TABLE retailer_ledger ADD COLUMN mac bytea;
ALTER TABLE consent_uses ADD COLUMN mac bytea;
COMMENT ON COLUMN invites.mac IS 'keyed hash over all that the invite says, its status included; ADR 0046';
COMMENT ON COLUMN retailer_ledger.mac IS 'keyed hash over version and last NAHI; ADR 0046';
COMMENT ON COLUMN consent_uses.mac IS 'keyed hash over the use; ADR 0046';
GRANT UPDATE (mac) ON invites TO consent;
GRANT UPDATE (mac) ON consent_uses TO consent;
"""

# The role is the service's: whoever has its password has these bounds too. The owner, who migrates, has not.
BOUNDS = """
CREATE FUNCTION invites_never_reopen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.contact_ref IS DISTINCT FROM OLD.contact_ref AND NEW.contact_ref IS NOT NULL THEN
        RAISE EXCEPTION 'an invite is never put to another phone';
    END IF;
    IF NEW.status = OLD.status OR OLD.status = 'open' OR (OLD.status = 'declined' AND NEW.status = 'granted') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a closed invite never opens again';
END $$;
CREATE TRIGGER invites_status BEFORE UPDATE ON invites
    FOR EACH ROW WHEN (current_user = 'consent') EXECUTE FUNCTION invites_never_reopen();

CREATE FUNCTION ledgers_count_by_steps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    previous bigint := CASE WHEN TG_OP = 'UPDATE' THEN OLD.version ELSE 0 END;
BEGIN
    IF NEW.version < previous OR NEW.version > greatest(previous, (
        SELECT coalesce(max(version), 0) FROM consent_state WHERE retailer_id = NEW.retailer_id
    )) + 1 THEN
        RAISE EXCEPTION 'a version grows by one';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER retailer_ledger_version BEFORE INSERT OR UPDATE ON retailer_ledger
    FOR EACH ROW WHEN (current_user = 'consent') EXECUTE FUNCTION ledgers_count_by_steps();

CREATE FUNCTION states_follow_their_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version > (SELECT version FROM retailer_ledger WHERE retailer_id = NEW.retailer_id) THEN
        RAISE EXCEPTION 'a state has no number that its ledger has not reached';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_state_ledger BEFORE INSERT OR UPDATE ON consent_state
    FOR EACH ROW WHEN (current_user = 'consent') EXECUTE FUNCTION states_follow_their_ledger();
"""


def upgrade() -> None:
    """Adds everything; invites, ledgers and uses of before have no MAC until `remac --first` has run."""
    op.execute(MACS)
    op.execute(BOUNDS)
