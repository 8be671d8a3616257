data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  specs   = { encrypt = "SYMMETRIC_DEFAULT", sign-rs256 = "RSA_3072", sign-es256 = "ECC_NIST_P256", mac = "HMAC_256" }
  usages  = { encrypt = "ENCRYPT_DECRYPT", sign-rs256 = "SIGN_VERIFY", sign-es256 = "SIGN_VERIFY", mac = "GENERATE_VERIFY_MAC" }
  actions = {
    encrypt    = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:DescribeKey"]
    sign-rs256 = ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"]
    sign-es256 = ["kms:Sign", "kms:GetPublicKey", "kms:DescribeKey"]
    mac        = ["kms:GenerateMac", "kms:VerifyMac", "kms:DescribeKey"]
  }
  symmetric = { for name, key in var.keys : name => key if key.kind == "encrypt" }
  manual    = { for name, key in var.keys : name => key if key.kind != "encrypt" }
  policies = {
    for name, key in var.keys : name => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        [{
          Sid       = "Administer"
          Effect    = "Allow"
          Principal = { AWS = "arn:aws:iam::${local.account}:root" }
          Action = [
            "kms:Describe*", "kms:Get*", "kms:List*", "kms:Enable*", "kms:Disable*", "kms:PutKeyPolicy", "kms:UpdateKeyDescription",
            "kms:UpdatePrimaryRegion", "kms:ReplicateKey", "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias", "kms:TagResource",
            "kms:UntagResource", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion",
          ]
          Resource  = "*"
          Condition = { ArnEquals = { "aws:PrincipalArn" = var.administrator_role_arn } }
        }],
        length(key.user_role_names) == 0 ? [] : [{
          Sid       = "Use"
          Effect    = "Allow"
          Principal = { AWS = "arn:aws:iam::${local.account}:root" }
          Action    = local.actions[key.kind]
          Resource  = "*"
          Condition = { ArnEquals = { "aws:PrincipalArn" = [for role in sort(tolist(key.user_role_names)) : "arn:aws:iam::${local.account}:role/${role}"] } }
        }],
        # Stores encrypt through the AWS service on behalf of this account, and only so.
        [for statement in [
          {
            Sid       = "UseThroughServices"
            Effect    = "Allow"
            Principal = { AWS = "arn:aws:iam::${local.account}:root" }
            Action    = concat(local.actions.encrypt, ["kms:CreateGrant"])
            Resource  = "*"
            Condition = { StringLike = { "kms:ViaService" = [for service in sort(tolist(key.user_services)) : "${service}.${data.aws_region.current.name}.amazonaws.com"] } }
          },
          {
            Sid       = "UseByLogsAndAlarms"
            Effect    = "Allow"
            Principal = { Service = ["logs.${data.aws_region.current.name}.amazonaws.com", "cloudwatch.amazonaws.com", "scheduler.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com", "acm-pca.amazonaws.com"] }
            Action    = local.actions.encrypt
            Resource  = "*"
            Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
          },
        ] : statement if length(key.user_services) > 0],
      )
    })
  }
}

# KMS keys lie in HSMs and are never exported; a multi-Region key has its copy in Hyderabad.
resource "aws_kms_key" "encrypt" {
  for_each = local.symmetric

  description             = each.value.purpose
  multi_region            = true
  enable_key_rotation     = true
  rotation_period_in_days = each.value.rotate_after_days
  deletion_window_in_days = 30
  policy                  = local.policies[each.key]
}

# KMS rotates no asymmetric or HMAC key: the next generation is a new entry of `keys`, and a reminder says when.
resource "aws_kms_key" "manual" {
  for_each = local.manual

  description              = each.value.purpose
  multi_region             = true
  customer_master_key_spec = local.specs[each.value.kind]
  key_usage                = local.usages[each.value.kind]
  deletion_window_in_days  = 30
  policy                   = local.policies[each.key]
}

locals {
  all = merge(aws_kms_key.encrypt, aws_kms_key.manual)
}

resource "aws_kms_alias" "this" {
  for_each = var.keys

  name          = "alias/${var.name}/${each.key}"
  target_key_id = local.all[each.key].key_id
}

resource "aws_kms_replica_key" "hyderabad" {
  for_each = var.keys
  provider = aws.hyderabad

  description             = "Copy: ${each.value.purpose}"
  primary_key_arn         = local.all[each.key].arn
  deletion_window_in_days = 30
  policy                  = local.policies[each.key]
}
