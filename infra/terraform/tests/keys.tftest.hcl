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
  name                   = "altscore-test"
  administrator_role_arn = "arn:aws:iam::111122223333:role/keys"
  alarm_topic_arn        = "arn:aws:sns:ap-south-1:111122223333:alarms"
  keys                   = { platform = { kind = "encrypt", created_on = "2026-11-01", rotate_after_days = 365, user_services = ["rds"], purpose = "Stores" }, api-signing = { kind = "sign-rs256", created_on = "2026-11-01", rotate_after_days = 180, user_role_names = ["altscore-test-score-api"], purpose = "Tokens" }, consent-signing = { kind = "sign-es256", created_on = "2026-11-01", rotate_after_days = 365, user_role_names = ["altscore-test-consent-api"], purpose = "Consents" } }
}

run "plan" {
  command = plan
  module {
    source = "./modules/keys"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }

  assert {
    condition     = aws_kms_key.encrypt["platform"].enable_key_rotation
    error_message = "KMS rotates what it can."
  }

  assert {
    condition     = aws_kms_key.manual["api-signing"].customer_master_key_spec == "RSA_3072" && aws_kms_key.manual["consent-signing"].customer_master_key_spec == "ECC_NIST_P256"
    error_message = "RS256 and ES256."
  }

  assert {
    condition     = output.reminders == { api-signing = "2027-04-16T10:00:00", consent-signing = "2027-10-18T10:00:00" }
    error_message = "A reminder two weeks before a generation is due."
  }

  assert {
    condition     = length(aws_kms_replica_key.hyderabad) == 3
    error_message = "Every key has its copy in Hyderabad."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/keys"
  }
  providers = {
    aws           = aws.abroad
    aws.hyderabad = aws.hyderabad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_key_without_rotation" {
  command = plan
  module {
    source = "./modules/keys"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }
  variables {
    keys = { platform = { kind = "encrypt", created_on = "2026-11-01", rotate_after_days = null, purpose = "Stores" } }
  }
  expect_failures = [var.keys]
}

run "refuses_a_token_key_of_a_year" {
  command = plan
  module {
    source = "./modules/keys"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }
  variables {
    keys = { api-signing = { kind = "sign-rs256", created_on = "2026-11-01", rotate_after_days = 365, purpose = "Tokens" } }
  }
  expect_failures = [var.keys]
}
