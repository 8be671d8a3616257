locals {
  # Services without a region: their endpoints lie in us-east-1 and hold no personal data.
  global_services = [
    "iam:*", "organizations:*", "sts:*", "route53:*", "route53domains:*", "budgets:*", "ce:*", "cur:*", "support:*", "health:*",
    "shield:*", "account:*", "billing:*", "pricing:*", "tag:*", "access-analyzer:*",
  ]
  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "NothingOutsideIndia"
        Effect    = "Deny"
        NotAction = local.global_services
        Resource  = "*"
        Condition = { StringNotEquals = { "aws:RequestedRegion" = var.allowed_regions } }
      },
      {
        Sid      = "LogsAreAppendOnly"
        Effect   = "Deny"
        Action   = ["logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey"]
        Resource = "arn:aws:logs:*:*:log-group:/altscore/*"
      },
      {
        Sid      = "EvidenceStaysOn"
        Effect   = "Deny"
        Action   = ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "config:StopConfigurationRecorder", "config:DeleteConfigurationRecorder", "ec2:DeleteFlowLogs", "guardduty:DeleteDetector", "securityhub:DisableSecurityHub"]
        Resource = "*"
      },
      {
        Sid       = "NoPublicBuckets"
        Effect    = "Deny"
        Action    = ["s3:PutAccountPublicAccessBlock", "s3:DeleteAccountPublicAccessBlock", "s3:DeleteBucketPublicAccessBlock"]
        Resource  = "*"
        Condition = { ArnNotLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/${var.name}-infrastructure" } }
      },
      {
        Sid       = "NoRootUser"
        Effect    = "Deny"
        Action    = ["s3:*", "kms:*", "rds:*", "secretsmanager:*"]
        Resource  = "*"
        Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::*:root" } }
      },
    ]
  }
}

resource "aws_organizations_policy" "this" {
  name        = "${var.name}-india-only"
  description = "Nothing outside India; logs are append-only; evidence stays on"
  type        = "SERVICE_CONTROL_POLICY"
  content     = jsonencode(local.policy)
}

resource "aws_organizations_policy_attachment" "this" {
  for_each = var.target_ids

  policy_id = aws_organizations_policy.this.id
  target_id = each.value
}

resource "aws_s3_account_public_access_block" "this" {
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_iam_role" "config" {
  name = "${var.name}-config"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "config.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy_attachment" "config" {
  role       = aws_iam_role.config.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole"
}

resource "aws_iam_role_policy" "config" {
  name = "history"
  role = aws_iam_role.config.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:PutObject", "s3:GetBucketAcl"], Resource = ["arn:aws:s3:::${var.log_bucket}", "arn:aws:s3:::${var.log_bucket}/config/*"] },
      { Effect = "Allow", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = var.key_arn },
      { Effect = "Allow", Action = "sns:Publish", Resource = var.alarm_topic_arn },
    ]
  })
}

resource "aws_config_configuration_recorder" "this" {
  name     = var.name
  role_arn = aws_iam_role.config.arn

  recording_group {
    all_supported                 = true
    include_global_resource_types = true
  }
}

resource "aws_config_delivery_channel" "this" {
  name           = var.name
  s3_bucket_name = var.log_bucket
  s3_key_prefix  = "config"
  s3_kms_key_arn = var.key_arn

  depends_on = [aws_config_configuration_recorder.this]
}

resource "aws_config_configuration_recorder_status" "this" {
  name       = aws_config_configuration_recorder.this.name
  is_enabled = true

  depends_on = [aws_config_delivery_channel.this]
}

# The policy refuses; this rule finds what was there before, or came another way.
resource "aws_config_config_rule" "region" {
  name        = "${var.name}-india-only"
  description = "Every resource lies in an Indian region or has none"

  source {
    owner = "CUSTOM_POLICY"
    source_detail {
      message_type = "ConfigurationItemChangeNotification"
    }
    custom_policy_details {
      policy_runtime = "guard-2.x.x"
      policy_text    = <<-GUARD
        rule resource_is_in_india {
          awsRegion in ${jsonencode(concat(var.allowed_regions, ["global"]))}
        }
      GUARD
    }
  }

  depends_on = [aws_config_configuration_recorder.this]
}

resource "aws_config_config_rule" "managed" {
  for_each = {
    public-read   = "S3_BUCKET_PUBLIC_READ_PROHIBITED"
    public-write  = "S3_BUCKET_PUBLIC_WRITE_PROHIBITED"
    key-rotation  = "CMK_BACKING_KEY_ROTATION_ENABLED"
    storage       = "RDS_STORAGE_ENCRYPTED"
    volumes       = "ENCRYPTED_VOLUMES"
    root-key      = "IAM_ROOT_ACCESS_KEY_CHECK"
    mfa           = "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS"
    flow-logs     = "VPC_FLOW_LOGS_ENABLED"
    default-group = "VPC_DEFAULT_SECURITY_GROUP_CLOSED"
  }

  name = "${var.name}-${each.key}"

  source {
    owner             = "AWS"
    source_identifier = each.value
  }

  depends_on = [aws_config_configuration_recorder.this]
}

resource "aws_cloudwatch_event_rule" "violation" {
  name        = "${var.name}-violations"
  description = "A rule of AWS Config found a violation"
  event_pattern = jsonencode({
    source      = ["aws.config"]
    detail-type = ["Config Rules Compliance Change"]
    detail      = { newEvaluationResult = { complianceType = ["NON_COMPLIANT"] } }
  })
}

resource "aws_cloudwatch_event_target" "violation" {
  rule = aws_cloudwatch_event_rule.violation.name
  arn  = var.alarm_topic_arn
}
