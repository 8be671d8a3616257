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
  vpc_id          = "vpc-1"
  subnet_ids      = ["subnet-a", "subnet-b", "subnet-c"]
  client_cidr     = "10.60.192.0/18"
  allowed_domains = ["packages.example.com"]
  image_id        = "ami-0123456789abcdef0"
  key_arn         = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
}

run "plan" {
  command = plan
  module {
    source = "./modules/egress-proxy"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = strcontains(output.configuration, "http_access deny all") && strcontains(output.configuration, "packages.example.com")
    error_message = "Only the allowed hosts."
  }

  assert {
    condition     = aws_launch_template.this.metadata_options[0].http_tokens == "required"
    error_message = "Metadata needs a session."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/egress-proxy"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_wildcard" {
  command = plan
  module {
    source = "./modules/egress-proxy"
  }
  providers = {
    aws = aws
  }
  variables {
    allowed_domains = ["*"]
  }
  expect_failures = [var.allowed_domains]
}
