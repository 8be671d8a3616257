terraform {
  required_version = ">= 1.11.0, < 2.0.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # bucket and kms_key_id are given at init: -backend-config=<file outside the repository>.
  backend "s3" {
    key          = "staging.tfstate"
    region       = "ap-south-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region              = "ap-south-1"
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { product = "altscore", environment = local.name, data = "india-only" }
  }
}

provider "aws" {
  alias               = "hyderabad"
  region              = "ap-south-2"
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { product = "altscore", environment = local.name, data = "india-only" }
  }
}
