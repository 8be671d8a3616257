# What differs from staging: sizes, retention, the standby in Pune, the organisation's policy.
locals {
  has_standby   = true
  standby_cidrs = { pune = var.pune.data_cidr }

  sizes = {
    msk             = "kafka.m7g.large"
    msk_volume_gb   = 500
    redis           = "cache.m7g.large"
    shield_advanced = true
    monthly_usd     = 12000
    node_groups = {
      services = { zone = "application", instance_types = ["m7i.xlarge"], min = 3, max = 9 }
      training = { zone = "ml", instance_types = ["m7i.2xlarge"], min = 1, max = 6 }
    }
    databases = {
      serving = { class = "db.r7g.xlarge", storage_gb = 500, key = "platform", zones = ["application", "ml"] }
      vault   = { class = "db.r7g.large", storage_gb = 100, key = "vault-store", zones = ["application"] }
    }
  }

  # Bronze is read by every run, so its archive answers at once; evidence goes to Glacier proper.
  layers = {
    bronze     = { key = "platform", lock_days = 2557, archive = "GLACIER_IR", expire_after_days = null }
    audit      = { key = "audit", lock_days = 2557, archive = "GLACIER", expire_after_days = null }
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

module "dr_link" {
  source = "../../modules/dr-link"

  name                  = local.name
  vpc_id                = module.network.vpc_id
  data_route_table_ids  = { for key, subnet in module.network.subnets : key => subnet.route_table_id if subnet.zone == "data" }
  azure_gateway_address = var.pune.gateway_address
  azure_data_cidr       = var.pune.data_cidr
  logs_key_arn          = module.keys.arns["platform"]
  entra_issuer          = var.pune.entra_issuer
  entra_audience        = var.pune.entra_audience
  entra_subject         = var.pune.entra_subject
  buckets               = [for layer in ["bronze", "audit", "lake", "models"] : local.buckets[layer]]
  key_arns              = concat([module.keys.arns["platform"], module.keys.arns["audit"]], [for distributor in module.distributor : distributor.key_arn])
}

module "guard" {
  source = "../../modules/guard"

  name            = local.name
  target_ids      = var.organisational_unit_ids
  log_bucket      = local.buckets["audit"]
  key_arn         = module.keys.arns["audit"]
  alarm_topic_arn = module.alarms.topic_arn
}
