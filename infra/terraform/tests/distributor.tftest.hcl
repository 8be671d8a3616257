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
  distributor_id         = "dist_test01"
  bronze_bucket          = "altscore-test-bronze"
  writer_role_names      = ["altscore-test-ingestion-api"]
  reader_role_names      = ["altscore-test-pipeline"]
  administrator_role_arn = "arn:aws:iam::111122223333:role/keys"
}

run "plan" {
  command = plan
  module {
    source = "./modules/distributor"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.multi_region
    error_message = "The key is rotated and copied."
  }

  assert {
    condition     = output.policy.Statement[1].Condition.StringLike["kms:EncryptionContext:aws:s3:arn"] == "arn:aws:s3:::altscore-test-bronze/bronze/dist=dist_test01/*"
    error_message = "The key is bound to the prefix of its distributor."
  }

  assert {
    condition     = !contains(flatten([for statement in output.policy.Statement : statement.Action]), "kms:*")
    error_message = "Nobody may do everything with the key."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/distributor"
  }
  providers = {
    aws           = aws.abroad
    aws.hyderabad = aws.hyderabad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_another_kind_of_id" {
  command = plan
  module {
    source = "./modules/distributor"
  }
  providers = {
    aws           = aws
    aws.hyderabad = aws.hyderabad
  }
  variables {
    distributor_id = "*"
  }
  expect_failures = [var.distributor_id]
}
