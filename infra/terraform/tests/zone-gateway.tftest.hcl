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
  name                = "altscore-test"
  vpc_id              = "vpc-1"
  zone_cidrs          = { dmz = "10.60.0.0/18", application = "10.60.64.0/18", data = "10.60.128.0/18", ml = "10.60.192.0/18" }
  subnets             = { dmz-0 = { zone = "dmz", index = 0, cidr = "10.60.0.0/20", route_table_id = "rtb-1" }, data-1 = { zone = "data", index = 1, cidr = "10.60.144.0/20", route_table_id = "rtb-2" }, data-0 = { zone = "data", index = 0, cidr = "10.60.128.0/20", route_table_id = "rtb-3" } }
  firewall_subnet_ids = { "0" = "subnet-a", "1" = "subnet-b", "2" = "subnet-c" }
  availability_zones  = ["ap-south-1a", "ap-south-1b", "ap-south-1c"]
  key_arn             = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
}

run "plan" {
  command = plan
  module {
    source = "./modules/zone-gateway"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = length(aws_route.between_zones) == 4
    error_message = "Every pair of subnets of two zones goes by the firewall."
  }

  assert {
    condition     = aws_networkfirewall_firewall_policy.this.firewall_policy[0].stateful_default_actions == toset(["aws:drop_strict", "aws:alert_strict"])
    error_message = "What no rule passes is dropped and told."
  }

  assert {
    condition     = !anytrue([for rule in output.rules : strcontains(rule, "10.60.0.0/18 any -> 10.60.128.0/18")])
    error_message = "No rule from dmz to data."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/zone-gateway"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_flow_from_dmz_to_data" {
  command = plan
  module {
    source = "./modules/zone-gateway"
  }
  providers = {
    aws = aws
  }
  variables {
    flows = [{ from = "dmz", to = "data", ports = [5432], why = "a shortcut" }]
  }
  expect_failures = [var.flows]
}
