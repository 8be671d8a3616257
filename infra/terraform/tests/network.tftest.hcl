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
  name               = "altscore-test"
  cidr               = "10.60.0.0/16"
  availability_zones = ["ap-south-1a", "ap-south-1b", "ap-south-1c"]
  logs_key_arn       = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
}

run "plan" {
  command = plan
  module {
    source = "./modules/network"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = length(aws_subnet.zone) == 12 && alltrue([for subnet in aws_subnet.zone : !subnet.map_public_ip_on_launch])
    error_message = "Four zones in three availability zones, no public address by default."
  }

  assert {
    condition     = length(aws_route.nat) == 3 && length(aws_route.internet) == 3
    error_message = "Data and ml have no route out."
  }

  assert {
    condition     = !contains([for rule in aws_network_acl.zone["data"].ingress : rule.cidr_block if rule.action == "allow"], output.zone_cidrs["dmz"])
    error_message = "The dmz never reaches data."
  }

  assert {
    condition     = aws_flow_log.vpc.traffic_type == "ALL"
    error_message = "Flow logs hold everything."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/network"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_zones_abroad" {
  command = plan
  module {
    source = "./modules/network"
  }
  providers = {
    aws = aws
  }
  variables {
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
  }
  expect_failures = [var.availability_zones]
}

run "refuses_short_flow_logs" {
  command = plan
  module {
    source = "./modules/network"
  }
  providers = {
    aws = aws
  }
  variables {
    flow_log_retention_days = 30
  }
  expect_failures = [var.flow_log_retention_days]
}
