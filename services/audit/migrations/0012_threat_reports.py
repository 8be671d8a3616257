"""Which weeks have their threat report in the locked bucket."""

from alembic import op

revision = "0012"
down_revision = "0011"

TABLE = """
CREATE TABLE audit_threat_report (
    week       text PRIMARY KEY CHECK (week ~ '^[0-9]{4}-W[0-9]{2}$'),
    ends_at    timestamptz NOT NULL UNIQUE,
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    object_key text NOT NULL CHECK (octet_length(object_key) <= 256),
    written_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE audit_threat_report IS 'reports that were read back from the bucket; one week follows the other';
CREATE TRIGGER audit_threat_report_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_threat_report
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE audit_threat_report ENABLE ALWAYS TRIGGER audit_threat_report_append_only;
"""

FUNCTION = """
CREATE FUNCTION audit_threat_report_add(p_week text, p_ends_at timestamptz, p_sha256 bytea, p_key text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    newest timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_threat_report'));
    SELECT max(r.ends_at) INTO newest FROM audit_threat_report r;
    IF p_ends_at > now() OR p_ends_at IS DISTINCT FROM coalesce(newest + interval '7 days', p_ends_at) THEN
        RAISE EXCEPTION 'a report is of the week after the last one, and of a week that is over'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_threat_report (week, ends_at, sha256, object_key)
    VALUES (p_week, p_ends_at, p_sha256, p_key);
END $$;
REVOKE ALL ON FUNCTION audit_threat_report_add FROM PUBLIC;
GRANT SELECT ON audit_threat_report TO audit;
GRANT EXECUTE ON FUNCTION audit_threat_report_add TO audit;
"""


def upgrade() -> None:
    """Makes the list of reports; the worker begins with the last week that is over."""
    for statement in (TABLE, FUNCTION):
        op.execute(statement)
