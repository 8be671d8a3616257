data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  prefix  = "arn:aws:logs:${data.aws_region.current.name}:${local.account}:log-group:/altscore/${var.name}"
}

# Append-only: no destroy here, none by the organisation's policy (module guard), and writers can only add.
resource "aws_cloudwatch_log_group" "this" {
  for_each = var.groups

  name              = "/altscore/${var.name}/${each.key}"
  retention_in_days = each.value.retention_days
  kms_key_id        = var.key_arn
  skip_destroy      = true

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_iam_policy" "append" {
  name        = "${var.name}-logs-append"
  description = "Adds events to the log groups; reads, changes and removes nothing"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Append", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = [for group in sort(keys(var.groups)) : "${local.prefix}/${group}:*"] },
      { Sid = "NeverRemove", Effect = "Deny", Action = ["logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey"], Resource = ["${local.prefix}/*"] },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "append" {
  for_each = var.writer_role_names

  role       = each.value
  policy_arn = aws_iam_policy.append.arn
}

# A copy of every event goes to the locked bucket, whose lifecycle moves it to Glacier.
resource "aws_iam_role" "archive" {
  for_each = { firehose = "firehose", logs = "logs" }

  name = "${var.name}-log-archive-${each.key}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "${each.value}.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = each.key == "firehose" ? { StringEquals = { "sts:ExternalId" = local.account } } : { StringLike = { "aws:SourceArn" = "${local.prefix}/*" } }
    }]
  })
}

resource "aws_iam_role_policy" "firehose" {
  name = "archive"
  role = aws_iam_role.archive["firehose"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetBucketLocation", "s3:ListBucket"], Resource = "arn:aws:s3:::${var.archive_bucket}" },
      { Effect = "Allow", Action = ["s3:PutObject", "s3:AbortMultipartUpload"], Resource = "arn:aws:s3:::${var.archive_bucket}/logs/*" },
      { Effect = "Allow", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = var.archive_key_arn },
    ]
  })
}

resource "aws_kinesis_firehose_delivery_stream" "archive" {
  name        = "${var.name}-log-archive"
  destination = "extended_s3"

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = var.key_arn
  }

  extended_s3_configuration {
    role_arn            = aws_iam_role.archive["firehose"].arn
    bucket_arn          = "arn:aws:s3:::${var.archive_bucket}"
    kms_key_arn         = var.archive_key_arn
    prefix              = "logs/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
    error_output_prefix = "logs/errors/!{firehose:error-output-type}/"
    buffering_interval  = 300
    buffering_size      = 64
  }
}

resource "aws_iam_role_policy" "subscription" {
  name = "archive"
  role = aws_iam_role.archive["logs"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["firehose:PutRecord", "firehose:PutRecordBatch"], Resource = aws_kinesis_firehose_delivery_stream.archive.arn }]
  })
}

resource "aws_cloudwatch_log_subscription_filter" "archive" {
  for_each = var.groups

  name            = "archive"
  log_group_name  = aws_cloudwatch_log_group.this[each.key].name
  filter_pattern  = ""
  destination_arn = aws_kinesis_firehose_delivery_stream.archive.arn
  role_arn        = aws_iam_role.archive["logs"].arn
}
