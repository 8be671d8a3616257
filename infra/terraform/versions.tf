# Root of the tests alone (`make check-infra`): environments are in envs/, their parts in modules/.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
