"""Scores with their evidence, blocks, Gold runs, jobs, models, revocations and requests."""

from alembic import op
from altscore_libs.ddl import inbox_tables, outbox_tables

revision = "0001"
down_revision = None

SQL = """
CREATE TABLE models (
    model_sha256     text PRIMARY KEY CHECK (model_sha256 ~ '^[0-9a-f]{64}$'),
    model_name       text NOT NULL,
    model_version    text NOT NULL,
    artifact_uri     text NOT NULL,
    promotion_id     text NOT NULL,
    promotion_record text NOT NULL,
    promoted_at      timestamptz NOT NULL,
    state            text NOT NULL CHECK (state IN ('pending', 'active', 'retired', 'refused')),
    changed_at       timestamptz NOT NULL
);
COMMENT ON TABLE models IS 'models whose two-person signature held; the active one is the pointer';
CREATE UNIQUE INDEX models_one_active ON models ((true)) WHERE state = 'active';

CREATE TABLE gold_runs (
    run_id          text PRIMARY KEY,
    arrival         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    run_key         text NOT NULL,
    manifest_uri    text NOT NULL,
    manifest_sha256 text NOT NULL CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    as_of_on        date NOT NULL,
    retailers       integer NOT NULL,
    consent_version bigint NOT NULL,
    received_at     timestamptz NOT NULL
);

CREATE TABLE jobs (
    run_id       text NOT NULL REFERENCES gold_runs,
    model_sha256 text NOT NULL REFERENCES models,
    state        text NOT NULL CHECK (state IN ('queued', 'done', 'blocked')),
    next_row     integer NOT NULL DEFAULT 0 CHECK (next_row >= 0),
    monitors     jsonb,
    counts       jsonb NOT NULL DEFAULT '{}',
    queued_at    timestamptz NOT NULL,
    finished_at  timestamptz,
    PRIMARY KEY (run_id, model_sha256)
);
COMMENT ON COLUMN jobs.next_row IS 'first row of the sorted run that no committed chunk covers';
CREATE INDEX jobs_queued ON jobs (queued_at) WHERE state = 'queued';

CREATE TABLE evidence (
    digest text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    kind   text NOT NULL CHECK (kind IN ('features', 'run', 'score', 'block')),
    body   text NOT NULL
);
COMMENT ON TABLE evidence IS 'content addressed: digest = SHA-256 of body, an RFC 8785 record';

CREATE TABLE scores (
    score_id        text PRIMARY KEY,
    retailer_id     text NOT NULL,
    run_id          text NOT NULL REFERENCES gold_runs,
    model_sha256    text NOT NULL REFERENCES models,
    scored_at       timestamptz NOT NULL,
    sealed_record   text NOT NULL,
    seal_key_id     text NOT NULL,
    seal            text NOT NULL,
    evidence_digest text NOT NULL REFERENCES evidence,
    UNIQUE (run_id, model_sha256, retailer_id)
);
CREATE INDEX scores_of_retailer ON scores (retailer_id, scored_at DESC);

CREATE TABLE blocks (
    block_id        text PRIMARY KEY,
    retailer_id     text,
    scope           text NOT NULL CHECK (scope IN ('retailer', 'run')),
    reason          text NOT NULL,
    code            text NOT NULL,
    run_id          text REFERENCES gold_runs,
    model_sha256    text REFERENCES models,
    blocked_at      timestamptz NOT NULL,
    evidence_digest text REFERENCES evidence,
    CHECK ((scope = 'run') = (retailer_id IS NULL)),
    UNIQUE (run_id, model_sha256, retailer_id, reason)
);
CREATE INDEX blocks_of_retailer ON blocks (retailer_id, blocked_at DESC);

CREATE TABLE revocations (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    retailer_id text NOT NULL,
    consent_id  text NOT NULL,
    received_at timestamptz NOT NULL,
    settled_at  timestamptz
);
CREATE INDEX revocations_open ON revocations (id) WHERE settled_at IS NULL;
CREATE INDEX revocations_of_retailer ON revocations (retailer_id, id);

CREATE TABLE score_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    retailer_id text NOT NULL,
    lender_id   text NOT NULL,
    received_at timestamptz NOT NULL,
    settled_at  timestamptz,
    outcome     text
);
CREATE INDEX score_requests_open ON score_requests (id) WHERE settled_at IS NULL;

GRANT SELECT, INSERT ON evidence, scores, blocks, gold_runs TO scoring;
GRANT SELECT, INSERT, UPDATE ON models, jobs, revocations, score_requests TO scoring;
"""


def upgrade() -> None:
    """Creates everything; scores, blocks and evidence can be added to and never changed by the service."""
    op.execute(outbox_tables("scoring"))
    op.execute(inbox_tables("scoring"))
    op.execute(SQL)
