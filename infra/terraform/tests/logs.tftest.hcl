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
  name              = "altscore-test"
  groups            = { audit = { retention_days = 2557 }, failed-authentication = { retention_days = 731 } }
  key_arn           = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  writer_role_names = ["altscore-test-audit-worker"]
  archive_bucket    = "altscore-test-audit"
  archive_key_arn   = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
}

run "plan" {
  command = plan
  module {
    source = "./modules/logs"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_cloudwatch_log_group.this["audit"].retention_in_days == 2557 && aws_cloudwatch_log_group.this["audit"].skip_destroy
    error_message = "Seven years, never destroyed."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.append.policy).Statement[1].Effect == "Deny" && contains(jsondecode(aws_iam_policy.append.policy).Statement[1].Action, "logs:DeleteLogGroup")
    error_message = "Writers remove nothing."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/logs"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_month_of_audit" {
  command = plan
  module {
    source = "./modules/logs"
  }
  providers = {
    aws = aws
  }
  variables {
    groups = { audit = { retention_days = 30 } }
  }
  expect_failures = [var.groups]
}
