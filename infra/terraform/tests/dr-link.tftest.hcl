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
  name                  = "altscore-test"
  vpc_id                = "vpc-1"
  data_route_table_ids  = { data-0 = "rtb-1" }
  azure_gateway_address = "203.0.113.9"
  azure_data_cidr       = "10.80.128.0/18"
  logs_key_arn          = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  entra_issuer          = "https://sts.windows.net/00000000-0000-0000-0000-000000000000/"
  entra_audience        = "api://altscore-replication"
  entra_subject         = "00000000-0000-0000-0000-000000000001"
  buckets               = ["altscore-test-bronze"]
  key_arns              = ["arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"]
}

run "plan" {
  command = plan
  module {
    source = "./modules/dr-link"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = length(aws_route.pune) == 1
    error_message = "Only the data zone sees the tunnel."
  }

  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.replication.policy).Statement : length(setintersection(statement.Action, ["s3:PutObject", "s3:DeleteObject", "kms:Encrypt"])) == 0])
    error_message = "The replication only reads."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/dr-link"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_tokens_of_another_issuer" {
  command = plan
  module {
    source = "./modules/dr-link"
  }
  providers = {
    aws = aws
  }
  variables {
    entra_issuer = "https://issuer.example/"
  }
  expect_failures = [var.entra_issuer]
}
