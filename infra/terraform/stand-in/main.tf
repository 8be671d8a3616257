# What a stand-in for AWS can take, applied for real by `make check-infra`: locked buckets, keys, roles, network.
# It proves that plans apply and stay without drift; it proves nothing about AWS's own enforcement.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "endpoint" {
  description = "Address of the stand-in."
  type        = string
  validation {
    condition     = startswith(var.endpoint, "http://127.0.0.1:")
    error_message = "The stand-in listens on loopback; nothing else is touched."
  }
}

provider "aws" {
  region                      = "ap-south-1"
  access_key                  = "stand-in"
  secret_key                  = "stand-in"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true

  endpoints {
    ec2            = var.endpoint
    events         = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    logs           = var.endpoint
    s3             = var.endpoint
    scheduler      = var.endpoint
    secretsmanager = var.endpoint
    sns            = var.endpoint
    sts            = var.endpoint
  }
}

provider "aws" {
  alias                       = "hyderabad"
  region                      = "ap-south-2"
  access_key                  = "stand-in"
  secret_key                  = "stand-in"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    kms = var.endpoint
    sts = var.endpoint
  }
}

locals {
  name    = "altscore-stand-in"
  account = "123456789012"
}

module "keys" {
  source    = "../modules/keys"
  providers = { aws = aws, aws.hyderabad = aws.hyderabad }

  name                   = local.name
  administrator_role_arn = "arn:aws:iam::${local.account}:role/keys"
  alarm_topic_arn        = "arn:aws:sns:ap-south-1:${local.account}:${local.name}-alarms"
  keys = {
    platform        = { kind = "encrypt", created_on = "2026-11-28", rotate_after_days = 365, user_services = ["s3", "ec2"], purpose = "Stores" }
    api-signing     = { kind = "sign-rs256", created_on = "2026-11-28", rotate_after_days = 180, user_role_names = ["${local.name}-score-api"], purpose = "Tokens" }
    consent-signing = { kind = "sign-es256", created_on = "2026-11-28", rotate_after_days = 365, user_role_names = ["${local.name}-consent-api"], purpose = "Consents" }
  }
}

module "alarms" {
  source = "../modules/alarms"

  name            = local.name
  key_arn         = module.keys.arns["platform"]
  email_addresses = []
}

module "access_logs" {
  source = "../modules/access-logs"

  name = "${local.name}-access"
}

module "bronze" {
  source = "../modules/lake"

  name              = "${local.name}-bronze"
  key_arn           = module.keys.arns["platform"]
  lock_days         = 2557
  archive           = "GLACIER_IR"
  access_log_bucket = module.access_logs.name
}

module "distributor" {
  source    = "../modules/distributor"
  for_each  = toset(["dist_standin01", "dist_standin02"])
  providers = { aws = aws, aws.hyderabad = aws.hyderabad }

  name                   = local.name
  distributor_id         = each.value
  bronze_bucket          = module.bronze.name
  writer_role_names      = ["${local.name}-ingestion-api"]
  reader_role_names      = ["${local.name}-pipeline"]
  administrator_role_arn = "arn:aws:iam::${local.account}:role/keys"
}

module "iam" {
  source = "../modules/iam"

  name              = local.name
  oidc_provider_arn = "arn:aws:iam::${local.account}:oidc-provider/issuer.example"
  oidc_issuer       = "issuer.example"
  service_accounts = {
    score-api = [{ sid = "SignTokens", actions = ["kms:Sign", "kms:GetPublicKey"], resources = [module.keys.arns["api-signing"]] }]
  }
}

module "network" {
  source = "../modules/network"

  name                = local.name
  cidr                = "10.62.0.0/16"
  availability_zones  = ["ap-south-1a", "ap-south-1b", "ap-south-1c"]
  logs_key_arn        = module.keys.arns["platform"]
  interface_endpoints = ["kms", "sts"]
}

module "kafka_users" {
  source = "../modules/kafka-users"

  name    = local.name
  key_arn = module.keys.arns["platform"]
  topics  = yamldecode(file("${path.root}/../../../schemas/topics.yml"))
}
