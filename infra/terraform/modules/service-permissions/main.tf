# What each process may do in AWS: the rights that the local stack gives its users of the object store, plus keys.
locals {
  bucket_arns = { for layer, name in var.buckets : layer => "arn:aws:s3:::${name}" }
  put         = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
  sign        = ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"]
  envelope    = ["kms:GenerateDataKey", "kms:Decrypt"]
  list = { for layer, arn in local.bucket_arns : layer => {
    sid       = "List${title(layer)}"
    actions   = ["s3:ListBucket", "s3:GetBucketLocation"]
    resources = [arn]
  } }

  by_owner = {
    score        = [{ sid = "SignTokens", actions = local.sign, resources = [var.key_arns["api-signing"]] }]
    consent      = [{ sid = "SignConsents", actions = local.sign, resources = [var.key_arns["consent-signing"]] }]
    notification = []
    webhook      = []
    admin        = []
    portal       = []
    ingestion = [
      { sid = "WriteBronze", actions = concat(["s3:GetObject", "s3:PutObjectRetention", "s3:GetObjectRetention", "s3:GetObjectVersion"], local.put), resources = ["${local.bucket_arns.bronze}/*"] },
      local.list.bronze,
      { sid = "SeeLock", actions = ["s3:GetBucketObjectLockConfiguration"], resources = [local.bucket_arns.bronze] },
      { sid = "WriteQuarantine", actions = local.put, resources = ["${local.bucket_arns.quarantine}/*"] },
      { sid = "ReprocessQuarantine", actions = ["s3:GetObject"], resources = ["${local.bucket_arns.quarantine}/*"] },
      { sid = "EncryptBatches", actions = local.envelope, resources = concat([var.key_arns["lake"]], var.distributor_key_arns) },
      { sid = "WrapIngestionKeys", actions = local.envelope, resources = [var.key_arns["ingestion-kek"]] },
      { sid = "SignManifests", actions = local.sign, resources = [var.key_arns["ingestion-manifests"]] },
      { sid = "ConnectorCertificates", actions = ["acm-pca:IssueCertificate", "acm-pca:GetCertificate", "acm-pca:RevokeCertificate"], resources = [var.connector_ca_arn] },
    ]
    vault = [
      { sid = "WrapKeys", actions = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"], resources = [var.key_arns["vault-kek"]] },
      { sid = "SignErasures", actions = local.sign, resources = [var.key_arns["erasure-signing"]] },
      { sid = "Tokens", actions = ["kms:GenerateMac", "kms:VerifyMac", "kms:DescribeKey"], resources = [var.key_arns["vault-mac"]] },
    ]
    scoring = [
      local.list.lake,
      { sid = "ReadGold", actions = ["s3:GetObject"], resources = ["${local.bucket_arns.lake}/gold/*"] },
      local.list.models,
      { sid = "Models", actions = concat(["s3:GetObject"], local.put), resources = ["${local.bucket_arns.models}/*"] },
      { sid = "SignScores", actions = local.sign, resources = [var.key_arns["score-signing"]] },
      { sid = "LakeKey", actions = local.envelope, resources = [var.key_arns["lake"]] },
    ]
    audit = [
      local.list.audit,
      { sid = "WriteEvidence", actions = concat(["s3:GetObject", "s3:PutObjectRetention", "s3:GetObjectRetention", "s3:GetObjectVersion"], local.put), resources = ["${local.bucket_arns.audit}/*"] },
      { sid = "SignCheckpoints", actions = local.sign, resources = [var.key_arns["audit-signing"]] },
      { sid = "EvidenceKey", actions = local.envelope, resources = [var.key_arns["audit"]] },
    ]
    pipeline = [
      local.list.bronze,
      { sid = "ReadBronze", actions = ["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"], resources = ["${local.bucket_arns.bronze}/*"] },
      { sid = "SeeVersions", actions = ["s3:ListBucketVersions"], resources = [local.bucket_arns.bronze] },
      local.list.lake,
      { sid = "WriteLake", actions = concat(["s3:GetObject", "s3:DeleteObject"], local.put), resources = ["${local.bucket_arns.lake}/*"] },
      { sid = "LakeKeys", actions = local.envelope, resources = [var.key_arns["lake"]] },
      { sid = "ReadDistributors", actions = ["kms:Decrypt"], resources = var.distributor_key_arns },
    ]
  }
  processes = {
    score        = ["score-api", "score-worker"]
    consent      = ["consent-api", "consent-worker"]
    ingestion    = ["ingestion-api", "ingestion-sftp", "ingestion-worker"]
    vault        = ["vault", "vault-worker"]
    scoring      = ["scoring-worker"]
    notification = ["notification-worker"]
    webhook      = ["webhook-api", "webhook-worker"]
    audit        = ["audit-api", "audit-worker"]
    admin        = ["admin-api", "admin-worker"]
    portal       = ["portal", "portal-worker"]
    pipeline     = ["pipeline"]
  }
  # The process of each producer that sends its events, and alone signs them.
  relays = merge({ pipeline = "pipeline" }, { for owner in ["admin", "consent", "ingestion", "notification", "portal", "score", "scoring", "vault", "webhook"] : owner => "${owner}-worker" })
  # Which keys only one of an owner's processes needs: workers sign no token, APIs write no evidence.
  without = {
    score-worker   = ["SignTokens"]
    consent-worker = []
    # It parses what strangers send: no bucket, no manifest, no connector's certificate.
    ingestion-sftp   = ["WriteBronze", "ListBronze", "SeeLock", "WriteQuarantine", "ReprocessQuarantine", "EncryptBatches", "SignManifests", "ConnectorCertificates"]
    ingestion-worker = ["ConnectorCertificates", "SignManifests", "WriteQuarantine", "ReprocessQuarantine"]
    vault-worker     = ["SignErasures"]
    audit-api        = ["WriteEvidence", "SignCheckpoints"]
  }
}
