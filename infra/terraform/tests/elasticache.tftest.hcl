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
  client_cidrs    = { application = "10.60.64.0/18" }
  key_arn         = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  auth_token      = "0123456789abcdef0123456789abcdef"
  alarm_topic_arn = "arn:aws:sns:ap-south-1:111122223333:alarms"
}

run "plan" {
  command = plan
  module {
    source = "./modules/elasticache"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_mode == "required" && aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "TLS alone, with failover."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/elasticache"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_short_password" {
  command = plan
  module {
    source = "./modules/elasticache"
  }
  providers = {
    aws = aws
  }
  variables {
    auth_token = "short"
  }
  expect_failures = [var.auth_token]
}
