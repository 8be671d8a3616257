data "aws_caller_identity" "current" {}

resource "aws_backup_vault" "mumbai" {
  name        = var.name
  kms_key_arn = var.key_arn
}

resource "aws_backup_vault" "hyderabad" {
  provider = aws.hyderabad

  name        = "${var.name}-copies"
  kms_key_arn = var.copies_key_arn
}

# Compliance lock: after three days of grace nobody shortens the retention or deletes a copy.
resource "aws_backup_vault_lock_configuration" "mumbai" {
  backup_vault_name   = aws_backup_vault.mumbai.name
  min_retention_days  = 7
  max_retention_days  = 2557
  changeable_for_days = 3
}

resource "aws_backup_vault_lock_configuration" "hyderabad" {
  provider = aws.hyderabad

  backup_vault_name   = aws_backup_vault.hyderabad.name
  min_retention_days  = 7
  max_retention_days  = 2557
  changeable_for_days = 3
}

resource "aws_backup_plan" "this" {
  name = var.name

  rule {
    rule_name                = "continuous"
    target_vault_name        = aws_backup_vault.mumbai.name
    schedule                 = "cron(0 20 * * ? *)"
    enable_continuous_backup = true
    start_window             = 60
    completion_window        = 240
    lifecycle {
      delete_after = 35
    }
  }

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.mumbai.name
    schedule          = "cron(30 20 * * ? *)"
    start_window      = 60
    completion_window = 240
    lifecycle {
      delete_after = var.keep_daily_days
    }
    copy_action {
      destination_vault_arn = aws_backup_vault.hyderabad.arn
      lifecycle {
        delete_after = var.keep_daily_days
      }
    }
  }

  rule {
    rule_name         = "monthly"
    target_vault_name = aws_backup_vault.mumbai.name
    schedule          = "cron(0 21 1 * ? *)"
    start_window      = 60
    completion_window = 240
    lifecycle {
      delete_after = var.keep_monthly_days
    }
    copy_action {
      destination_vault_arn = aws_backup_vault.hyderabad.arn
      lifecycle {
        delete_after = var.keep_monthly_days
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name = "${var.name}-backup"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.value}"
}

# Databases carry the tag; the lake is locked and copied to Pune instead.
resource "aws_backup_selection" "daily" {
  name         = "${var.name}-daily"
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.this.arn

  selection_tag {
    type  = "STRINGEQUALS"
    key   = "backup"
    value = "daily"
  }
}

resource "aws_backup_vault_notifications" "failures" {
  backup_vault_name   = aws_backup_vault.mumbai.name
  sns_topic_arn       = var.alarm_topic_arn
  backup_vault_events = ["BACKUP_JOB_FAILED", "BACKUP_JOB_EXPIRED", "COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED"]
}
