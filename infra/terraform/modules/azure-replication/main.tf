# Copies new objects from Mumbai and never changes or removes what is here. Both sides know the job by its managed
# identity: Azure directly, AWS by the identity's token.
locals {
  script = <<-SCRIPT
    set -eu
    wget -q -O /tmp/token.json --header "X-IDENTITY-HEADER: $IDENTITY_HEADER" "$IDENTITY_ENDPOINT?api-version=2019-08-01&client_id=$CLIENT_ID&resource=$AUDIENCE"
    sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p' /tmp/token.json > "$AWS_WEB_IDENTITY_TOKEN_FILE"
    test -s "$AWS_WEB_IDENTITY_TOKEN_FILE"
    rclone copy "mumbai:$SOURCE" "pune:$CONTAINER" --immutable --checksum --transfers 16 --fast-list --stats-one-line
  SCRIPT
  environment = {
    AUDIENCE                         = var.entra_audience
    CLIENT_ID                        = azurerm_user_assigned_identity.this.client_id
    AWS_ROLE_ARN                     = var.aws_role_arn
    AWS_WEB_IDENTITY_TOKEN_FILE      = "/tmp/aws-token"
    AWS_REGION                       = "ap-south-1"
    RCLONE_CONFIG_MUMBAI_TYPE        = "s3"
    RCLONE_CONFIG_MUMBAI_PROVIDER    = "AWS"
    RCLONE_CONFIG_MUMBAI_ENV_AUTH    = "true"
    RCLONE_CONFIG_MUMBAI_REGION      = "ap-south-1"
    RCLONE_CONFIG_PUNE_TYPE          = "azureblob"
    RCLONE_CONFIG_PUNE_ACCOUNT       = var.account_name
    RCLONE_CONFIG_PUNE_USE_MSI       = "true"
    RCLONE_CONFIG_PUNE_MSI_CLIENT_ID = azurerm_user_assigned_identity.this.client_id
  }
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "${var.name}-replication"
  resource_group_name = var.resource_group
  location            = var.location
}

resource "azurerm_role_assignment" "lake" {
  scope                = var.account_id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.this.principal_id
}

resource "azurerm_container_app_environment" "this" {
  name                           = "${var.name}-jobs"
  resource_group_name            = var.resource_group
  location                       = var.location
  infrastructure_subnet_id       = var.subnet_id
  internal_load_balancer_enabled = true
  zone_redundancy_enabled        = true
  log_analytics_workspace_id     = var.log_analytics_workspace_id
  logs_destination               = "log-analytics"

  workload_profile {
    name                  = "Consumption"
    workload_profile_type = "Consumption"
  }
}

resource "azurerm_container_app_job" "copy" {
  for_each = var.copies

  name                         = "copy-${each.value}"
  resource_group_name          = var.resource_group
  location                     = var.location
  container_app_environment_id = azurerm_container_app_environment.this.id
  workload_profile_name        = "Consumption"
  replica_timeout_in_seconds   = var.every_minutes * 60 * 4
  replica_retry_limit          = 2

  schedule_trigger_config {
    cron_expression          = "*/${var.every_minutes} * * * *"
    parallelism              = 1
    replica_completion_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.this.id]
  }

  template {
    container {
      name    = "rclone"
      image   = var.image
      cpu     = 1
      memory  = "2Gi"
      command = ["/bin/sh", "-c", local.script]

      dynamic "env" {
        for_each = merge(local.environment, { SOURCE = each.key, CONTAINER = each.value })
        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }
}
