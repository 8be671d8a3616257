# What differs from production: sizes and retention, no standby, no policy of the organisation.
locals {
  has_standby   = false
  standby_cidrs = {}

  sizes = {
    msk             = "kafka.t3.small"
    msk_volume_gb   = 50
    redis           = "cache.t4g.medium"
    shield_advanced = false
    monthly_usd     = 2500
    node_groups = {
      services = { zone = "application", instance_types = ["m7i.xlarge"], min = 2, max = 4 }
      training = { zone = "ml", instance_types = ["m7i.2xlarge"], min = 0, max = 2 }
    }
    databases = {
      serving = { class = "db.t4g.large", storage_gb = 100, key = "platform", zones = ["application", "ml"] }
      vault   = { class = "db.t4g.medium", storage_gb = 50, key = "vault-store", zones = ["application"] }
    }
  }

  # Bronze is read by every run, so its archive answers at once; evidence goes to Glacier proper.
  layers = {
    bronze     = { key = "platform", lock_days = 7, archive = "GLACIER_IR", expire_after_days = null }
    audit      = { key = "audit", lock_days = 7, archive = "GLACIER", expire_after_days = null }
    models     = { key = "platform", lock_days = null, archive = null, expire_after_days = null }
    lake       = { key = "platform", lock_days = null, archive = null, expire_after_days = 400 }
    quarantine = { key = "platform", lock_days = null, archive = null, expire_after_days = 30 }
    crl        = { key = "platform", lock_days = null, archive = null, expire_after_days = null }
  }

  crl_statements = [{
    Sid       = "RevocationLists"
    Effect    = "Allow"
    Principal = { Service = "acm-pca.amazonaws.com" }
    Action    = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl", "s3:GetBucketLocation"]
    Resource  = ["arn:aws:s3:::${local.buckets["crl"]}", "arn:aws:s3:::${local.buckets["crl"]}/*"]
    Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
  }]
}
