mock_provider "aws" {
  source = "./tests/aws-mumbai"
}

mock_provider "aws" {
  alias  = "hyderabad"
  source = "./tests/aws-hyderabad"
}

mock_provider "aws" {
  alias  = "abroad"
  source = "./tests/aws-abroad"
}

variables {
  name            = "altscore-test"
  key_arn         = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  copies_key_arn  = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  alarm_topic_arn = "arn:aws:sns:ap-south-1:111122223333:alarms"
}

run "plan" {
  command = plan
  module {
    source = "./modules/backup"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }

  assert {
    condition     = aws_backup_vault_lock_configuration.mumbai.changeable_for_days == 3 && aws_backup_vault_lock_configuration.hyderabad.min_retention_days >= 7
    error_message = "Both vaults are locked."
  }

  assert {
    condition     = anytrue([for rule in aws_backup_plan.this.rule : rule.enable_continuous_backup == true])
    error_message = "Databases can be restored to a point in time."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/backup"
  }
  providers = {
    aws           = aws.abroad
    aws.hyderabad = aws.hyderabad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_short_retention" {
  command = plan
  module {
    source = "./modules/backup"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }
  variables {
    keep_daily_days = 7
  }
  expect_failures = [var.keep_daily_days]
}
