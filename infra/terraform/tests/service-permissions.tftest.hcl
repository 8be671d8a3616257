# Rights only, no provider: what each process may do is held against what it is for.
variables {
  buckets = { bronze = "t-bronze", quarantine = "t-quarantine", lake = "t-lake", models = "t-models", audit = "t-audit" }
  key_arns = {
    platform        = "arn:aws:kms:ap-south-1:111122223333:key/platform"
    lake            = "arn:aws:kms:ap-south-1:111122223333:key/lake"
    audit           = "arn:aws:kms:ap-south-1:111122223333:key/audit"
    api-signing     = "arn:aws:kms:ap-south-1:111122223333:key/api-signing"
    consent-signing = "arn:aws:kms:ap-south-1:111122223333:key/consent-signing"
    score-signing   = "arn:aws:kms:ap-south-1:111122223333:key/score-signing"
    audit-signing   = "arn:aws:kms:ap-south-1:111122223333:key/audit-signing"
    erasure-signing = "arn:aws:kms:ap-south-1:111122223333:key/erasure-signing"
    vault-kek       = "arn:aws:kms:ap-south-1:111122223333:key/vault-kek"
    vault-mac       = "arn:aws:kms:ap-south-1:111122223333:key/vault-mac"
    ingestion-kek   = "arn:aws:kms:ap-south-1:111122223333:key/ingestion-kek"

    ingestion-manifests = "arn:aws:kms:ap-south-1:111122223333:key/ingestion-manifests"

    admin-events        = "arn:aws:kms:ap-south-1:111122223333:key/admin-events"
    consent-events      = "arn:aws:kms:ap-south-1:111122223333:key/consent-events"
    ingestion-events    = "arn:aws:kms:ap-south-1:111122223333:key/ingestion-events"
    notification-events = "arn:aws:kms:ap-south-1:111122223333:key/notification-events"
    pipeline-events     = "arn:aws:kms:ap-south-1:111122223333:key/pipeline-events"
    portal-events       = "arn:aws:kms:ap-south-1:111122223333:key/portal-events"
    score-events        = "arn:aws:kms:ap-south-1:111122223333:key/score-events"
    scoring-events      = "arn:aws:kms:ap-south-1:111122223333:key/scoring-events"
    vault-events        = "arn:aws:kms:ap-south-1:111122223333:key/vault-events"
    webhook-events      = "arn:aws:kms:ap-south-1:111122223333:key/webhook-events"
  }
  distributor_key_arns = ["arn:aws:kms:ap-south-1:111122223333:key/distributor-1"]
  connector_ca_arn     = "arn:aws:acm-pca:ap-south-1:111122223333:certificate-authority/1"
  secret_prefix_arn    = "arn:aws:secretsmanager:ap-south-1:111122223333:secret:altscore"
}

run "plan" {
  command = plan
  module {
    source = "./modules/service-permissions"
  }

  assert {
    condition     = toset(keys(output.service_accounts)) == toset(output.names) && length(output.names) == 20
    error_message = "Every process has rights of its own, and no others have any."
  }

  assert {
    condition     = alltrue([for statement in flatten(values(output.service_accounts)) : alltrue([for action in statement.actions : !strcontains(action, "*")]) && length(statement.resources) > 0 && !contains(statement.resources, "*")])
    error_message = "Actions and resources are named, never a star."
  }

  assert {
    condition = alltrue([for key, owners in {
      "api-signing"     = ["score-api"]
      "consent-signing" = ["consent-api", "consent-worker"]
      "score-signing"   = ["scoring-worker"]
      "audit-signing"   = ["audit-worker"]
      "erasure-signing" = ["vault"]

      "ingestion-manifests" = ["ingestion-api"]

      "vault-kek" = ["vault", "vault-worker"]
      "vault-mac" = ["vault", "vault-worker"]
      } : toset(owners) == toset([for name, statements in output.service_accounts : name if contains(flatten(statements[*].resources), var.key_arns[key])])
    ])
    error_message = "A key is used by the processes that need it alone."
  }

  assert {
    condition     = ["audit-worker"] == [for name, statements in output.service_accounts : name if contains(flatten([for statement in statements : statement.resources if contains(statement.actions, "s3:PutObject")]), "arn:aws:s3:::t-audit/*")]
    error_message = "Only the audit worker writes evidence."
  }

  assert {
    condition     = ["ingestion-api"] == [for name, statements in output.service_accounts : name if length([for statement in statements : statement if anytrue([for resource in statement.resources : startswith(resource, "arn:aws:s3:::t-quarantine")])]) > 0]
    error_message = "Only ingestion's API reaches the quarantine."
  }

  assert {
    condition     = toset(["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]) == toset(flatten([for statement in output.service_accounts["ingestion-api"] : statement.actions if contains(statement.resources, "arn:aws:s3:::t-quarantine/*")]))
    error_message = "Quarantined records are written and read by their name, never listed or deleted."
  }

  assert {
    condition     = ["pipeline"] == [for name, statements in output.service_accounts : name if length([for statement in statements : statement if anytrue([for action in statement.actions : contains(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], action)]) && contains(statement.resources, "arn:aws:s3:::t-lake/*")]) > 0]
    error_message = "Silver holds documents: only the pipeline reaches the whole lake, scoring reads Gold."
  }

  assert {
    condition     = ["pipeline"] == [for name, statements in output.service_accounts : name if contains(flatten(statements[*].actions), "s3:DeleteObject")] && alltrue([for resource in flatten([for statement in output.service_accounts["pipeline"] : statement.resources if contains(statement.actions, "s3:DeleteObject")]) : resource == "arn:aws:s3:::t-lake/*"])
    error_message = "Only the pipeline removes objects, and only of the lake."
  }

  assert {
    condition     = toset(["ingestion-api", "ingestion-worker", "pipeline"]) == toset([for name, statements in output.service_accounts : name if contains(flatten(statements[*].resources), var.distributor_key_arns[0])])
    error_message = "What distributors sent is read by ingestion and the pipeline alone."
  }

  assert {
    condition     = alltrue([for name, statements in output.service_accounts : [for statement in statements : statement.resources if statement.sid == "OwnSecrets"] == [["${var.secret_prefix_arn}/${split("-", name)[0]}/*"]]])
    error_message = "A process reads the secrets of its own service."
  }
}

run "leaves_out_a_right_to_nothing" {
  command = plan
  module {
    source = "./modules/service-permissions"
  }
  variables {
    distributor_key_arns = []
  }

  assert {
    condition     = !contains(output.service_accounts["pipeline"][*].sid, "ReadDistributors")
    error_message = "A statement without a resource would be refused by AWS."
  }
}
