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
  name = "altscore-test"
}

run "plan" {
  command = plan
  module {
    source = "./modules/access-logs"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_policy && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "Access logs are not public."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/access-logs"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_short_retention" {
  command = plan
  module {
    source = "./modules/access-logs"
  }
  providers = {
    aws = aws
  }
  variables {
    retention_days = 30
  }
  expect_failures = [var.retention_days]
}
