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
  email_addresses = ["operations@altscore.example"]
}

run "plan" {
  command = plan
  module {
    source = "./modules/alarms"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.key_arn
    error_message = "Alarms are encrypted with the platform key."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/alarms"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}
