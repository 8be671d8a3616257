# Every key with its purpose, its users and when its next generation is due. A new generation of a signing key is a
# new entry; the old one stays for verification until nothing signed with it is left.
locals {
  stores = ["rds", "kafka", "elasticache", "s3", "secretsmanager", "ec2", "eks", "ecr", "backup", "firehose", "sns"]
  purpose_keys = {
    platform            = { kind = "encrypt", created_on = "2026-11-28", rotate_after_days = 365, user_services = local.stores, user_role_names = ["${local.name}-pipeline", "${local.name}-spark", "${local.name}-scoring-worker", "${local.name}-ingestion-api", "${local.name}-ingestion-worker", "${local.name}-replication-pune"], purpose = "Stores, logs, derived layers of the lake" }
    audit               = { kind = "encrypt", created_on = "2026-11-28", rotate_after_days = 365, user_services = ["s3", "firehose", "config"], user_role_names = ["${local.name}-audit-worker", "${local.name}-audit-api", "${local.name}-replication-pune"], purpose = "Evidence of the audit" }
    vault-store         = { kind = "encrypt", created_on = "2026-11-28", rotate_after_days = 365, user_services = ["rds", "secretsmanager", "backup"], purpose = "Database of the identity vault" }
    vault-kek           = { kind = "encrypt", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-vault", "${local.name}-vault-worker"], purpose = "Wraps the data keys of retailers" }
    ingestion-kek       = { kind = "encrypt", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-ingestion-api", "${local.name}-ingestion-sftp", "${local.name}-ingestion-worker"], purpose = "Wraps the keys of connectors" }
    vault-mac           = { kind = "mac", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-vault", "${local.name}-vault-worker"], purpose = "Tokens of GSTIN and phone" }
    api-signing         = { kind = "sign-rs256", created_on = "2026-11-28", rotate_after_days = 180, user_role_names = ["${local.name}-score-api"], purpose = "Tokens of lenders, RS256" }
    consent-signing     = { kind = "sign-es256", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-consent-api", "${local.name}-consent-worker"], purpose = "Consent records, ECDSA P-256" }
    score-signing       = { kind = "sign-es256", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-scoring-worker"], purpose = "Scores" }
    erasure-signing     = { kind = "sign-es256", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-vault"], purpose = "Certificates of erasure" }
    ingestion-manifests = { kind = "sign-es256", created_on = "2026-11-29", rotate_after_days = 365, user_role_names = ["${local.name}-ingestion-api"], purpose = "Manifests of Bronze" }
    audit-signing       = { kind = "sign-es256", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-audit-worker"], purpose = "Checkpoints of the audit chain" }
  }
  event_relays = {
    admin  = "admin-worker", consent = "consent-worker", ingestion = "ingestion-worker", notification = "notification-worker", pipeline = "pipeline"
    portal = "portal-worker"
    score  = "score-worker", scoring = "scoring-worker", vault = "vault-worker", webhook = "webhook-worker"
  }
  # Each producer's relay signs its events; no other process may.
  event_keys = {
    for owner, process in local.event_relays : "${owner}-events" => {
      kind = "sign-es256", created_on = "2026-11-29", rotate_after_days = 365, user_role_names = ["${local.name}-${process}"], purpose = "Events of ${owner}"
    }
  }
  keys = merge(local.purpose_keys, local.event_keys)
}
