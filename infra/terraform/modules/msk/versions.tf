terraform {
  required_version = ">= 1.11.0, < 2.0.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

# Personal data stays in India (ADR-002): the module refuses to plan anywhere else, whoever calls it.
data "aws_region" "current" {
  lifecycle {
    postcondition {
      condition     = contains(["ap-south-1", "ap-south-2"], self.name)
      error_message = "Only the Indian regions ap-south-1 (Mumbai) and ap-south-2 (Hyderabad) are allowed."
    }
  }
}
