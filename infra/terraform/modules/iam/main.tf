data "aws_caller_identity" "current" {}

locals {
  policies = {
    for account, statements in var.service_accounts : account => {
      Version = "2012-10-17"
      Statement = [for statement in statements : {
        Sid      = statement.sid
        Effect   = "Allow"
        Action   = statement.actions
        Resource = statement.resources
      }]
    }
  }
}

# One role per service account; a token of another service account, namespace or audience is refused.
resource "aws_iam_role" "service_account" {
  for_each = var.service_accounts

  name                 = "${var.name}-${each.key}"
  description          = "Service account ${each.key}"
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.boundary.arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = var.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${var.oidc_issuer}:aud" = "sts.amazonaws.com"
          "${var.oidc_issuer}:sub" = "system:serviceaccount:${var.namespace}:${each.key}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "service_account" {
  for_each = { for account, statements in var.service_accounts : account => statements if length(statements) > 0 }

  name   = "permissions"
  role   = aws_iam_role.service_account[each.key].id
  policy = jsonencode(local.policies[each.key])
}

# What no service may ever do, whatever its own policy says.
resource "aws_iam_policy" "boundary" {
  name        = "${var.name}-service-boundary"
  description = "Upper bound of every service account"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "DataPlaneOnly"
        Effect   = "Allow"
        Action   = ["s3:Get*", "s3:List*", "s3:PutObject*", "s3:DeleteObject", "s3:AbortMultipartUpload", "kms:Sign", "kms:GetPublicKey", "kms:DescribeKey", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:GenerateMac", "kms:VerifyMac", "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "logs:CreateLogStream", "logs:PutLogEvents", "acm-pca:IssueCertificate", "acm-pca:GetCertificate", "acm-pca:RevokeCertificate", "cloudwatch:PutMetricData", "emr-containers:StartJobRun", "emr-containers:DescribeJobRun", "emr-containers:CancelJobRun"]
        Resource = ["arn:aws:*:*:${data.aws_caller_identity.current.account_id}:*", "arn:aws:s3:::${var.name}-*", "arn:aws:emr-containers:*:${data.aws_caller_identity.current.account_id}:*"]
      },
      {
        Sid       = "IndiaOnly"
        Effect    = "Deny"
        Action    = ["s3:PutObject*", "kms:*", "secretsmanager:*", "logs:*"]
        Resource  = "*"
        Condition = { StringNotEquals = { "aws:RequestedRegion" = ["ap-south-1", "ap-south-2"] } }
      },
    ]
  })
}
