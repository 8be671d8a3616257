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
  name    = "altscore-test"
  images  = ["score", "consent"]
  key_arn = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
}

run "plan" {
  command = plan
  module {
    source = "./modules/registry"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_ecr_repository.this["score"].image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this["score"].image_scanning_configuration[0].scan_on_push
    error_message = "A tag never changes; images are scanned."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/registry"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}
