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
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-a", "subnet-b", "subnet-c"]
  application_cidr  = "10.60.64.0/18"
  certificate_arn   = "arn:aws:acm:ap-south-1:111122223333:certificate/1"
  dashboard_host    = "dashboard.altscore.example"
  webhook_host      = "webhook.altscore.example"
  hosts             = { "api.altscore.example" = "score", "dashboard.altscore.example" = "admin", "webhook.altscore.example" = "webhook" }
  access_log_bucket = "altscore-test-access"
  key_arn           = "arn:aws:kms:ap-south-1:111122223333:key/11111111-1111-1111-1111-111111111111"
  alarm_topic_arn   = "arn:aws:sns:ap-south-1:111122223333:alarms"
}

run "plan" {
  command = plan
  module {
    source = "./modules/edge"
  }
  providers = {
    aws = aws
  }

  assert {
    condition     = anytrue(flatten([for rule in aws_wafv2_web_acl.this.rule : [for statement in rule.statement : [for rate in statement.rate_based_statement : rate.limit == 1000 && rate.evaluation_window_sec == 60]]]))
    error_message = "1,000 requests a minute and address."
  }

  assert {
    condition     = length(setintersection([for rule in aws_wafv2_web_acl.this.rule : rule.name], ["countries", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "bots", "dashboard-login"])) == 6
    error_message = "Countries, OWASP classes and bots have rules."
  }

  assert {
    condition     = aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-3-2021-06"
    error_message = "TLS 1.3 alone."
  }

  assert {
    condition     = length(aws_eip.ingestion) == 3
    error_message = "Connectors have fixed addresses."
  }
}

run "refuses_a_region_abroad" {
  command = plan
  module {
    source = "./modules/edge"
  }
  providers = {
    aws = aws.abroad
  }
  expect_failures = [data.aws_region.current]
}

run "refuses_a_higher_rate" {
  command = plan
  module {
    source = "./modules/edge"
  }
  providers = {
    aws = aws
  }
  variables {
    requests_per_minute_per_ip = 5000
  }
  expect_failures = [var.requests_per_minute_per_ip]
}

run "refuses_no_countries" {
  command = plan
  module {
    source = "./modules/edge"
  }
  providers = {
    aws = aws
  }
  variables {
    allowed_countries = []
  }
  expect_failures = [var.allowed_countries]
}
