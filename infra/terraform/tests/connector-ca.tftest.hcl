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
  name         = "altscore-test"
  organization = "AltScore"
  crl_bucket   = "altscore-test-crl"
}

run "plan" {
  command = plan
  module {
    source = "./modules/connector-ca"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_acmpca_certificate_authority.this.revocation_configuration[0].crl_configuration[0].enabled
    error_message = "Certificates can be revoked."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/connector-ca"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}
