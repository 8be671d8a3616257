locals {
  # Two weeks before a generation is due, at 10:00 in India.
  reminders = {
    for name, key in local.manual : name => formatdate(
      "YYYY-MM-DD'T'10:00:00", timeadd("${key.created_on}T00:00:00Z", "${(key.rotate_after_days - 14) * 24}h")
    )
  }
}

resource "aws_iam_role" "reminder" {
  name = "${var.name}-key-reminder"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "reminder" {
  name = "publish"
  role = aws_iam_role.reminder.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sns:Publish", Resource = var.alarm_topic_arn }]
  })
}

resource "aws_scheduler_schedule" "rotation" {
  for_each = local.reminders

  name                         = "${var.name}-rotate-${each.key}"
  description                  = "The next generation of ${each.key} is due in two weeks"
  schedule_expression          = "at(${each.value})"
  schedule_expression_timezone = "Asia/Kolkata"
  kms_key_arn                  = try(aws_kms_key.encrypt["platform"].arn, null)

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.alarm_topic_arn
    role_arn = aws_iam_role.reminder.arn
    input = jsonencode({
      alarm   = "key rotation due"
      key     = each.key
      runbook = "docs/runbooks/disaster-recovery.md#rotate-a-signing-key"
    })
  }
}

# Disabling or deleting a key, or replacing its policy, is reported at once.
resource "aws_cloudwatch_event_rule" "danger" {
  name        = "${var.name}-key-changes"
  description = "A key is disabled, deleted or given another policy"
  event_pattern = jsonencode({
    source      = ["aws.kms"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail      = { eventName = ["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy", "DisableKeyRotation"] }
  })
}

resource "aws_cloudwatch_event_target" "danger" {
  rule = aws_cloudwatch_event_rule.danger.name
  arn  = var.alarm_topic_arn
}
