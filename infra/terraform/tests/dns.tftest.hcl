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
  zone_name = "altscore.example"
  names     = { api = { mumbai = { type = "CNAME", values = ["lb.example"] }, pune = { type = "A", values = ["203.0.113.7"] } } }
}

run "plan" {
  command = plan
  module {
    source = "./modules/dns"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_route53_record.this["api"].ttl == 60 && aws_route53_record.this["api"].type == "CNAME"
    error_message = "Names point to Mumbai for a minute at a time."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/dns"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_name_without_a_second_site" {
  command = plan
  module {
    source = "./modules/dns"
  }
  providers = {
    aws = aws
  }
  variables {
    names = { api = { mumbai = { type = "CNAME", values = ["lb.example"] }, pune = { type = "A", values = [] } } }
  }
  expect_failures = [var.names]
}
