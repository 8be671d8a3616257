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
  target_ids      = ["ou-abcd-12345678"]
  log_bucket      = "altscore-test-audit"
  key_arn         = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  alarm_topic_arn = "arn:aws:sns:ap-south-1:111122223333:alarms"
}

run "plan" {
  command = plan
  module {
    source = "./modules/guard"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = output.policy.Statement[0].Effect == "Deny" && join(",", output.policy.Statement[0].Condition.StringNotEquals["aws:RequestedRegion"]) == "ap-south-1,ap-south-2"
    error_message = "Nothing outside India."
  }

  assert {
    condition     = strcontains(aws_config_config_rule.region.source[0].custom_policy_details[0].policy_text, "awsRegion in")
    error_message = "The rule reads the region."
  }
}

run "refuses_run_abroad" {
  command = plan
  module {
    source = "./modules/guard"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/guard"
  }
  providers = {
    aws = aws
  }
  variables {
    allowed_regions = ["ap-south-1", "eu-west-1"]
  }
  expect_failures = [var.allowed_regions]
}
