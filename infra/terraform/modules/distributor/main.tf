# A distributor's own key. Its policy binds it to the distributor's prefix of Bronze: S3 names the object in the
# encryption context, so the key neither encrypts nor decrypts anything else.
data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  prefix  = "bronze/dist=${var.distributor_id}/"
  context = {
    StringLike = { "kms:EncryptionContext:aws:s3:arn" = "arn:aws:s3:::${var.bronze_bucket}/${local.prefix}*" }
  }
  users = {
    Encrypt = { roles = var.writer_role_names, actions = ["kms:GenerateDataKey", "kms:Decrypt"] }
    Decrypt = { roles = var.reader_role_names, actions = ["kms:Decrypt"] }
  }
  policy = {
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action = [
          "kms:Describe*", "kms:Get*", "kms:List*", "kms:Enable*", "kms:Disable*", "kms:PutKeyPolicy", "kms:UpdateKeyDescription",
          "kms:UpdatePrimaryRegion", "kms:ReplicateKey", "kms:CreateAlias", "kms:DeleteAlias", "kms:TagResource", "kms:UntagResource",
          "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:RotateKeyOnDemand",
        ]
        Resource  = "*"
        Condition = { ArnEquals = { "aws:PrincipalArn" = var.administrator_role_arn } }
      }],
      [for sid, user in local.users : {
        Sid       = sid
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${local.account}:root" }
        Action    = user.actions
        Resource  = "*"
        Condition = merge(local.context, {
          ArnEquals = { "aws:PrincipalArn" = [for role in sort(tolist(user.roles)) : "arn:aws:iam::${local.account}:role/${role}"] }
        })
      }],
    )
  }
}

resource "aws_kms_key" "this" {
  description             = "Raw data of ${var.distributor_id}"
  multi_region            = true
  enable_key_rotation     = true
  rotation_period_in_days = 365
  deletion_window_in_days = 30
  policy                  = jsonencode(local.policy)
  tags                    = { distributor_id = var.distributor_id }
}

resource "aws_kms_replica_key" "hyderabad" {
  provider = aws.hyderabad

  description             = "Copy: raw data of ${var.distributor_id}"
  primary_key_arn         = aws_kms_key.this.arn
  deletion_window_in_days = 30
  policy                  = jsonencode(local.policy)
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}/${var.distributor_id}"
  target_key_id = aws_kms_key.this.key_id
}
