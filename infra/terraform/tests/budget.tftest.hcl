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
  monthly_usd     = 12000
  email_addresses = ["operations@altscore.example"]
  alarm_topic_arn = "arn:aws:sns:ap-south-1:111122223333:alarms"
}

run "plan" {
  command = plan
  module {
    source = "./modules/budget"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = length(aws_budgets_budget.monthly.notification) == 4
    error_message = "Four alarms."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/budget"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_an_alarm_without_a_reader" {
  command = plan
  module {
    source = "./modules/budget"
  }
  providers = {
    aws = aws
  }
  variables {
    email_addresses = []
  }
  expect_failures = [var.email_addresses]
}
