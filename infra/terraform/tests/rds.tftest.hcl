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
  name                = "altscore-test-serving"
  vpc_id              = "vpc-1"
  subnet_ids          = ["subnet-a", "subnet-b", "subnet-c"]
  client_cidrs        = { application = "10.60.64.0/18" }
  key_arn             = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  instance_class      = "db.r7g.xlarge"
  storage_gb          = 500
  max_storage_gb      = 2000
  logical_replication = true
  alarm_topic_arn     = "arn:aws:sns:ap-south-1:111122223333:alarms"
}

run "plan" {
  command = plan
  module {
    source = "./modules/rds"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = aws_db_instance.this.multi_az && aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.deletion_protection
    error_message = "Two zones, encrypted, private, protected."
  }

  assert {
    condition     = aws_db_instance.this.engine_version == "15" && aws_db_instance.this.manage_master_user_password
    error_message = "PostgreSQL 15; no password in the state."
  }

  assert {
    condition     = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "rds.force_ssl" && parameter.value == "1"])
    error_message = "TLS alone."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/rds"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_day_of_recovery" {
  command = plan
  module {
    source = "./modules/rds"
  }
  providers = {
    aws = aws
  }
  variables {
    backup_retention_days = 1
  }
  expect_failures = [var.backup_retention_days]
}
