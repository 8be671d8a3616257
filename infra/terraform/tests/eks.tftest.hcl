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
  name                    = "altscore-test"
  vpc_id                  = "vpc-1"
  application_subnet_ids  = ["subnet-a", "subnet-b", "subnet-c"]
  ml_subnet_ids           = ["subnet-d", "subnet-e", "subnet-f"]
  key_arn                 = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  administrator_role_arns = ["arn:aws:iam::111122223333:role/operations"]
  node_groups             = { services = { zone = "application", instance_types = ["m7i.xlarge"], min = 3, max = 9 }, training = { zone = "ml", instance_types = ["m7i.2xlarge"], min = 1, max = 6 } }
}

run "plan" {
  command = plan
  module {
    source = "./modules/eks"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "The API server is private."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.node : template.metadata_options[0].http_put_response_hop_limit == 1])
    error_message = "Pods do not reach the credentials of the node."
  }

  assert {
    condition     = length(aws_eks_node_group.this["training"].taint) == 1
    error_message = "The ml zone takes only what names it."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/eks"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_nodes_in_the_dmz" {
  command = plan
  module {
    source = "./modules/eks"
  }
  providers = {
    aws = aws
  }
  variables {
    node_groups = { services = { zone = "dmz", instance_types = ["m7i.xlarge"], min = 3, max = 9 } }
  }
  expect_failures = [var.node_groups]
}
