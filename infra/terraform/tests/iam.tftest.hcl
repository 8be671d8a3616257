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
  name              = "altscore-test"
  oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.ap-south-1.amazonaws.com/id/ABC"
  oidc_issuer       = "oidc.eks.ap-south-1.amazonaws.com/id/ABC"
  service_accounts  = { score-api = [{ sid = "SignTokens", actions = ["kms:Sign"], resources = ["arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"] }] }
}

run "plan" {
  command = plan
  module {
    source = "./modules/iam"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = jsondecode(aws_iam_role.service_account["score-api"].assume_role_policy).Statement[0].Condition.StringEquals["oidc.eks.ap-south-1.amazonaws.com/id/ABC:sub"] == "system:serviceaccount:altscore:score-api"
    error_message = "A role is of one service account."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/iam"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_every_action" {
  command = plan
  module {
    source = "./modules/iam"
  }
  providers = {
    aws = aws
  }
  variables {
    service_accounts = { score-api = [{ sid = "All", actions = ["*"], resources = ["arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"] }] }
  }
  expect_failures = [var.service_accounts]
}

run "refuses_every_action_of_a_service" {
  command = plan
  module {
    source = "./modules/iam"
  }
  providers = {
    aws = aws
  }
  variables {
    service_accounts = { score-api = [{ sid = "All", actions = ["kms:*"], resources = ["arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"] }] }
  }
  expect_failures = [var.service_accounts]
}

run "refuses_every_resource_without_a_reason" {
  command = plan
  module {
    source = "./modules/iam"
  }
  providers = {
    aws = aws
  }
  variables {
    service_accounts = { score-api = [{ sid = "All", actions = ["kms:Sign"], resources = ["*"] }] }
  }
  expect_failures = [var.service_accounts]
}
