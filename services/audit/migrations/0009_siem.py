"""How far the security team's system (SIEM) has received each chain."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLE = """
CREATE TABLE audit_siem_position (
    chain    text PRIMARY KEY REFERENCES audit_chain (chain),
    sent_seq bigint NOT NULL DEFAULT 0 CHECK (sent_seq >= 0)
);
COMMENT ON TABLE audit_siem_position IS 'every entry up to this one was taken by the receiver, at least once';
INSERT INTO audit_siem_position (chain) SELECT chain FROM audit_chain;
"""

# The service moves a position on from where it read it; only the owner moves it back.
FUNCTION = """
CREATE FUNCTION audit_siem_sent(p_chain text, p_from bigint, p_to bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF p_from IS NULL OR p_to IS NULL OR p_to <= p_from
       OR NOT EXISTS (SELECT FROM audit_chain c WHERE c.chain = p_chain AND c.last_seq >= p_to) THEN
        RAISE EXCEPTION 'a position moves forward within its chain' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE audit_siem_position SET sent_seq = p_to WHERE chain = p_chain AND sent_seq = p_from;
    RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION audit_siem_sent FROM PUBLIC;
GRANT SELECT ON audit_siem_position TO audit;
GRANT EXECUTE ON FUNCTION audit_siem_sent TO audit;
"""


def upgrade() -> None:
    """Makes the positions, at the beginning of each chain; the release before knows nothing of them."""
    for statement in (TABLE, FUNCTION):
        op.execute(statement)
