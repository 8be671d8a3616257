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
  cluster_name      = "altscore-test"
  oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.ap-south-1.amazonaws.com/id/ABC"
  oidc_issuer       = "oidc.eks.ap-south-1.amazonaws.com/id/ABC"
  image             = "registry.example/pipelines:1"
  entry_point       = "local:///app/job.py"
  bronze_bucket     = "altscore-test-bronze"
  lake_bucket       = "altscore-test-lake"
  key_arns          = ["arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"]
  logs_key_arn      = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
}

run "plan" {
  command = plan
  module {
    source = "./modules/spark"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = jsondecode(aws_iam_role.job.assume_role_policy).Statement[0].Condition.StringLike["oidc.eks.ap-south-1.amazonaws.com/id/ABC:sub"] == "system:serviceaccount:spark:emr-containers-sa-*"
    error_message = "Only job accounts of its namespace."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/spark"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}
