"""Decisions about models with their signatures, runs that a freeze holds back, and what a challenger says."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Columns beside the record are copies for the indexes; whoever reads a decision compares them with what was signed.
DECISIONS = """
CREATE TABLE model_decisions (
    decision_id      text PRIMARY KEY,
    seq              bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    kind             text NOT NULL
                     CHECK (kind IN ('promotion', 'challenger', 'challenger_withdrawn', 'freeze', 'unfreeze')),
    model_name       text NOT NULL,
    record           text NOT NULL,
    signature_key_id text NOT NULL,
    signature        text NOT NULL,
    freeze_id        text,
    decided_at       timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    CHECK ((kind = 'unfreeze') = (freeze_id IS NOT NULL))
);
COMMENT ON TABLE model_decisions IS 'never changed; each row counts only as far as its signature holds';
CREATE INDEX model_decisions_by_kind ON model_decisions (kind, decided_at DESC, seq DESC);
ALTER TABLE models ADD COLUMN signature_key_id text, ADD COLUMN signature text;
COMMENT ON COLUMN models.signature IS 'over promotion_record; a row without one is no model that may be loaded';
GRANT SELECT, INSERT ON model_decisions TO scoring;
"""

# Promotions that were applied before their signatures were kept are read from their topic again.
AGAIN = "DELETE FROM inbox WHERE topic = 'altscore.ml'"

HELD = """
CREATE TABLE held_runs (
    run_id    text NOT NULL REFERENCES gold_runs,
    freeze_id text NOT NULL REFERENCES model_decisions,
    held_at   timestamptz NOT NULL,
    PRIMARY KEY (run_id, freeze_id)
);
COMMENT ON TABLE held_runs IS 'runs that were the newest while scoring was frozen, so that each is announced once';
GRANT SELECT, INSERT ON held_runs TO scoring;
"""

SHADOW = """
CREATE TABLE shadow_jobs (
    run_id          text NOT NULL REFERENCES gold_runs,
    model_sha256    text NOT NULL CHECK (model_sha256 ~ '^[0-9a-f]{64}$'),
    champion_sha256 text NOT NULL REFERENCES models,
    state           text NOT NULL CHECK (state IN ('queued', 'done', 'failed')),
    next_row        integer NOT NULL DEFAULT 0 CHECK (next_row >= 0),
    attempts        integer NOT NULL DEFAULT 0,
    monitors        jsonb,
    failure         text,
    queued_at       timestamptz NOT NULL,
    finished_at     timestamptz,
    PRIMARY KEY (run_id, model_sha256)
);
COMMENT ON COLUMN shadow_jobs.attempts IS 'tries that did not come back: a model that ends the process is given up';
CREATE TABLE shadow_scores (
    run_id                 text NOT NULL,
    model_sha256           text NOT NULL,
    retailer_id            text NOT NULL,
    altscore               integer,
    risk_band              text,
    probability_of_default numeric(5, 4),
    block_reason           text,
    guardrails             text[] NOT NULL DEFAULT '{}',
    scored_at              timestamptz NOT NULL,
    PRIMARY KEY (run_id, model_sha256, retailer_id),
    FOREIGN KEY (run_id, model_sha256) REFERENCES shadow_jobs,
    CHECK (num_nulls(altscore, risk_band, probability_of_default) = CASE WHEN block_reason IS NULL THEN 0 ELSE 3 END)
);
COMMENT ON TABLE shadow_scores IS 'what a challenger says; never served, never announced, removed after 90 days';
CREATE INDEX shadow_scores_by_age ON shadow_scores (scored_at);
CREATE INDEX shadow_scores_of_retailer ON shadow_scores (retailer_id);
GRANT SELECT, INSERT, UPDATE ON shadow_jobs TO scoring;
GRANT SELECT, INSERT, DELETE ON shadow_scores TO scoring;
"""

# As in 0003, and what a challenger says of the retailer goes too.
FORGET = """
CREATE OR REPLACE FUNCTION forget_erased(p_retailer_ids text[], OUT scores bigint, OUT blocks bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    ids text[] := ARRAY(SELECT e.retailer_id FROM erased_retailers e WHERE e.retailer_id = ANY(p_retailer_ids));
    outcomes text[];
    used text[];
BEGIN
    DELETE FROM revocations r WHERE r.retailer_id = ANY(ids);  -- first: what settles them ends here, or before
    DELETE FROM score_requests q WHERE q.retailer_id = ANY(ids);
    DELETE FROM shadow_scores h WHERE h.retailer_id = ANY(ids);
    outcomes := ARRAY(
        SELECT s.evidence_digest FROM scores s WHERE s.retailer_id = ANY(ids)
        UNION SELECT b.evidence_digest FROM blocks b WHERE b.retailer_id = ANY(ids) AND b.evidence_digest IS NOT NULL);
    used := ARRAY(
        SELECT e.body::jsonb ->> 'features' FROM evidence e
        WHERE e.digest = ANY(outcomes) AND e.kind IN ('score', 'block') AND e.body <> '');
    WITH gone AS (DELETE FROM public.scores s WHERE s.retailer_id = ANY(ids) RETURNING 1)
    SELECT count(*) INTO scores FROM gone;
    WITH gone AS (DELETE FROM public.blocks b WHERE b.retailer_id = ANY(ids) RETURNING 1)
    SELECT count(*) INTO blocks FROM gone;
    UPDATE evidence e SET body = ''
    WHERE e.digest = ANY(outcomes || used) AND e.kind IN ('features', 'score', 'block') AND e.body <> '';
END $$;
"""


def upgrade() -> None:
    """Adds tables and columns; the release before goes on without them."""
    for statement in (DECISIONS, AGAIN, HELD, SHADOW, FORGET):
        op.execute(statement)
