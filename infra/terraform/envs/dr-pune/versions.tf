terraform {
  required_version = ">= 1.11.0, < 2.0.0"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.2.0"
    }
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }

  # The state lies in Pune: a failover needs nothing of Mumbai. Account, container and group are given at init.
  backend "azurerm" {
    key              = "dr-pune.tfstate"
    use_azuread_auth = true
  }
}

provider "azurerm" {
  subscription_id     = var.subscription_id
  storage_use_azuread = true
  features {}
}

# Route 53 alone, which has no region.
provider "aws" {
  region              = "ap-south-1"
  allowed_account_ids = [var.aws_account_id]
}
