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
  name             = "altscore-test"
  vpc_id           = "vpc-1"
  subnet_ids       = ["subnet-a", "subnet-b", "subnet-c"]
  client_cidrs     = { application = "10.60.64.0/18" }
  key_arn          = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  user_secret_arns = { score = "arn:aws:secretsmanager:ap-south-1:111122223333:secret:AmazonMSK_score" }
  volume_gb        = 500
  max_volume_gb    = 2000
  topics           = yamldecode(file("../../schemas/topics.yml"))
}

run "plan" {
  command = plan
  module {
    source = "./modules/msk"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_msk_cluster.this.number_of_broker_nodes == 3 && aws_msk_cluster.this.client_authentication[0].sasl[0].scram && aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS"
    error_message = "Three brokers, SCRAM over TLS."
  }

  assert {
    condition     = output.topic_settings["altscore.consent"].configuration["retention.ms"] == "-1" && output.topic_settings["altscore.ingestion"].configuration["retention.ms"] == "604800000"
    error_message = "Retention comes from schemas/topics.yml."
  }

  assert {
    condition     = length(output.topic_settings) == 22
    error_message = "Every topic and its dead-letter topic."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/msk"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_two_brokers" {
  command = plan
  module {
    source = "./modules/msk"
  }
  providers = {
    aws = aws
  }
  variables {
    subnet_ids = ["subnet-a", "subnet-b"]
  }
  expect_failures = [var.subnet_ids]
}

run "refuses_no_topics" {
  command = plan
  module {
    source = "./modules/msk"
  }
  providers = {
    aws = aws
  }
  variables {
    topics = []
  }
  expect_failures = [var.topics]
}
