# Production in Mumbai: a list of module calls. What differs between environments is written here, how in modules/.
locals {
  name               = "altscore-production"
  availability_zones = ["ap-south-1a", "ap-south-1b", "ap-south-1c"]
  topics             = yamldecode(file("${path.root}/../../../../schemas/topics.yml"))
  buckets            = { for layer in ["bronze", "quarantine", "lake", "models", "audit", "crl"] : layer => "${local.name}-${layer}" }
  key_arns = merge(module.keys.arns, {
    lake = module.keys.arns["platform"]
  })
}

module "alarms" {
  source = "../../modules/alarms"

  name            = local.name
  key_arn         = module.keys.arns["platform"]
  email_addresses = var.operations_emails
}

module "keys" {
  source    = "../../modules/keys"
  providers = { aws = aws, aws.hyderabad = aws.hyderabad }

  name                   = local.name
  administrator_role_arn = var.key_administrator_role_arn
  alarm_topic_arn        = "arn:aws:sns:ap-south-1:${var.account_id}:${local.name}-alarms"
  keys                   = local.keys
}

module "network" {
  source = "../../modules/network"

  name               = local.name
  cidr               = "10.60.0.0/16"
  availability_zones = local.availability_zones
  logs_key_arn       = module.keys.arns["platform"]
}

module "zone_gateway" {
  source = "../../modules/zone-gateway"

  name                = local.name
  vpc_id              = module.network.vpc_id
  zone_cidrs          = module.network.zone_cidrs
  subnets             = module.network.subnets
  firewall_subnet_ids = module.network.firewall_subnet_ids
  availability_zones  = local.availability_zones
  key_arn             = module.keys.arns["platform"]
}

module "egress_proxy" {
  source = "../../modules/egress-proxy"

  name            = local.name
  vpc_id          = module.network.vpc_id
  subnet_ids      = module.network.subnet_ids["dmz"]
  client_cidr     = module.network.zone_cidrs["ml"]
  allowed_domains = var.egress_domains
  image_id        = var.egress_image_id
  key_arn         = module.keys.arns["platform"]
}

module "eks" {
  source = "../../modules/eks"

  name                    = local.name
  vpc_id                  = module.network.vpc_id
  application_subnet_ids  = module.network.subnet_ids["application"]
  ml_subnet_ids           = module.network.subnet_ids["ml"]
  key_arn                 = module.keys.arns["platform"]
  administrator_role_arns = var.administrator_role_arns
  node_groups             = local.sizes.node_groups
}

module "service_permissions" {
  source = "../../modules/service-permissions"

  buckets              = { for layer, name in local.buckets : layer => name if layer != "crl" }
  key_arns             = local.key_arns
  distributor_key_arns = [for distributor in module.distributor : distributor.key_arn]
  connector_ca_arn     = module.connector_ca.arn
  secret_prefix_arn    = "arn:aws:secretsmanager:ap-south-1:${var.account_id}:secret:${local.name}"
}

module "iam" {
  source = "../../modules/iam"

  name              = local.name
  oidc_provider_arn = module.eks.oidc_provider_arn
  oidc_issuer       = module.eks.oidc_issuer
  service_accounts  = module.service_permissions.service_accounts
}

module "kafka_users" {
  source = "../../modules/kafka-users"

  name    = local.name
  key_arn = module.keys.arns["platform"]
  topics  = local.topics
}

module "msk" {
  source = "../../modules/msk"

  name             = local.name
  vpc_id           = module.network.vpc_id
  subnet_ids       = module.network.subnet_ids["data"]
  client_cidrs     = { application = module.network.zone_cidrs["application"], ml = module.network.zone_cidrs["ml"] }
  key_arn          = module.keys.arns["platform"]
  instance_type    = local.sizes.msk
  volume_gb        = local.sizes.msk_volume_gb
  max_volume_gb    = local.sizes.msk_volume_gb * 4
  topics           = local.topics
  user_secret_arns = module.kafka_users.secret_arns
}

# Two instances: who a retailer is lies apart from everything that is known about the retailer.
module "database" {
  source   = "../../modules/rds"
  for_each = local.sizes.databases

  name                = "${local.name}-${each.key}"
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.subnet_ids["data"]
  client_cidrs        = merge({ for zone in each.value.zones : zone => module.network.zone_cidrs[zone] }, local.standby_cidrs)
  key_arn             = module.keys.arns[each.value.key]
  instance_class      = each.value.class
  storage_gb          = each.value.storage_gb
  max_storage_gb      = each.value.storage_gb * 4
  logical_replication = local.has_standby
  alarm_topic_arn     = module.alarms.topic_arn
}

module "elasticache" {
  source = "../../modules/elasticache"

  name            = local.name
  vpc_id          = module.network.vpc_id
  subnet_ids      = module.network.subnet_ids["data"]
  client_cidrs    = { application = module.network.zone_cidrs["application"] }
  key_arn         = module.keys.arns["platform"]
  node_type       = local.sizes.redis
  auth_token      = var.redis_auth_token
  alarm_topic_arn = module.alarms.topic_arn
}

module "access_logs" {
  source = "../../modules/access-logs"

  name = "${local.name}-access"
}

module "lake" {
  source   = "../../modules/lake"
  for_each = local.layers

  name              = local.buckets[each.key]
  key_arn           = module.keys.arns[each.value.key]
  lock_days         = each.value.lock_days
  archive           = each.value.archive
  expire_after_days = each.value.expire_after_days
  access_log_bucket = module.access_logs.name
  extra_statements  = each.key == "crl" ? local.crl_statements : []
}

module "distributor" {
  source    = "../../modules/distributor"
  for_each  = var.distributors
  providers = { aws = aws, aws.hyderabad = aws.hyderabad }

  name                   = local.name
  distributor_id         = each.value
  bronze_bucket          = local.buckets["bronze"]
  writer_role_names      = ["${local.name}-ingestion-api", "${local.name}-ingestion-worker"]
  reader_role_names      = ["${local.name}-pipeline", "${local.name}-spark", "${local.name}-replication-pune"]
  administrator_role_arn = var.key_administrator_role_arn
}

module "connector_ca" {
  source = "../../modules/connector-ca"

  name         = local.name
  organization = "AltScore Technologies"
  crl_bucket   = module.lake["crl"].name
}

module "edge" {
  source = "../../modules/edge"

  name              = local.name
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.subnet_ids["dmz"]
  application_cidr  = module.network.zone_cidrs["application"]
  certificate_arn   = var.certificate_arn
  dashboard_host    = "dashboard.${var.domain}"
  webhook_host      = "webhook.${var.domain}"
  hosts             = { "api.${var.domain}" = "score", "dashboard.${var.domain}" = "admin", "webhook.${var.domain}" = "webhook" }
  access_log_bucket = module.access_logs.name
  key_arn           = module.keys.arns["platform"]
  shield_advanced   = local.sizes.shield_advanced
  alarm_topic_arn   = module.alarms.topic_arn
}

module "registry" {
  source = "../../modules/registry"

  name    = local.name
  images  = setunion(toset(["score", "consent", "ingestion", "scoring", "notification", "webhook", "audit", "admin"]), ["pipelines", "pipelines-spark"])
  key_arn = module.keys.arns["platform"]
}

module "spark" {
  source = "../../modules/spark"

  name              = local.name
  cluster_name      = module.eks.cluster_name
  oidc_provider_arn = module.eks.oidc_provider_arn
  oidc_issuer       = module.eks.oidc_issuer
  image             = var.pipelines_image
  entry_point       = "local:///app/pipelines/altscore_pipelines/__main__.py"
  bronze_bucket     = local.buckets["bronze"]
  lake_bucket       = local.buckets["lake"]
  key_arns          = concat([module.keys.arns["platform"]], [for distributor in module.distributor : distributor.key_arn])
  logs_key_arn      = module.keys.arns["platform"]
}

module "logs" {
  source = "../../modules/logs"

  name = local.name
  groups = {
    audit                 = { retention_days = 2557 }
    model-performance     = { retention_days = 2557 }
    failed-authentication = { retention_days = 731 }
    services              = { retention_days = 400 }
  }
  key_arn           = module.keys.arns["platform"]
  writer_role_names = [for process in module.service_permissions.names : module.iam.role_names[process]]
  archive_bucket    = local.buckets["audit"]
  archive_key_arn   = module.keys.arns["audit"]
}

module "backup" {
  source    = "../../modules/backup"
  providers = { aws = aws, aws.hyderabad = aws.hyderabad }

  name            = local.name
  key_arn         = module.keys.arns["platform"]
  copies_key_arn  = module.keys.copy_arns["platform"]
  alarm_topic_arn = module.alarms.topic_arn
}

module "budget" {
  source = "../../modules/budget"

  name            = local.name
  monthly_usd     = local.sizes.monthly_usd
  email_addresses = sort(tolist(var.operations_emails))
  alarm_topic_arn = module.alarms.topic_arn
}
