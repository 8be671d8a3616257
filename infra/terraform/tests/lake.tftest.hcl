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
  name              = "altscore-test-bronze"
  key_arn           = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  lock_days         = 2557
  archive           = "GLACIER_IR"
  access_log_bucket = "altscore-test-access"
}

run "plan" {
  command = plan
  module {
    source = "./modules/lake"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].mode == "COMPLIANCE" && aws_s3_bucket_object_lock_configuration.this[0].rule[0].default_retention[0].days == 2557
    error_message = "Locked in compliance mode."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    error_message = "Not public."
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : one(rule.transition).days if rule.id == "archive"]) == 90
    error_message = "Archived after 90 days."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled == false
    error_message = "The encryption context names the object."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/lake"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_public_bucket" {
  command = plan
  module {
    source = "./modules/lake"
  }
  providers = {
    aws = aws
  }
  variables {
    public_access_blocked = false
  }
  expect_failures = [var.public_access_blocked]
}
