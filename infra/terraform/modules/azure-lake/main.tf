resource "azurerm_user_assigned_identity" "this" {
  name                = "${var.name}-lake"
  resource_group_name = var.resource_group
  location            = var.location
}

resource "azurerm_role_assignment" "keys" {
  scope                = var.key_scope_id
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_user_assigned_identity.this.principal_id
}

# Zone-redundant inside Central India. Geo-redundancy is off on purpose: its pair is chosen by the platform.
resource "azurerm_storage_account" "this" {
  #checkov:skip=CKV_AZURE_206:zone-redundant; the platform chooses the pair of a geo-redundant account
  #checkov:skip=CKV_AZURE_33:the account has no queues
  name                              = var.account_name
  resource_group_name               = var.resource_group
  location                          = var.location
  account_kind                      = "StorageV2"
  account_tier                      = "Standard"
  account_replication_type          = "ZRS"
  is_hns_enabled                    = true
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  allow_nested_items_to_be_public   = false
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  public_network_access_enabled     = false
  infrastructure_encryption_enabled = true
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false

  blob_properties {
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.this.id]
  }

  customer_managed_key {
    key_vault_key_id          = var.key_ids["lake"]
    user_assigned_identity_id = azurerm_user_assigned_identity.this.id
  }

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  depends_on = [azurerm_role_assignment.keys]
}

# A container is encrypted with its own key: one distributor's key opens one distributor's container.
resource "azurerm_storage_encryption_scope" "this" {
  for_each = var.containers

  name               = replace(each.key, "-", "")
  storage_account_id = azurerm_storage_account.this.id
  source             = "Microsoft.KeyVault"
  key_vault_key_id   = var.key_ids[each.value.key]
}

resource "azurerm_storage_container" "this" {
  #checkov:skip=CKV2_AZURE_21:reads go through one job; its own log has them
  for_each = var.containers

  name                              = each.key
  storage_account_id                = azurerm_storage_account.this.id
  container_access_type             = "private"
  default_encryption_scope          = azurerm_storage_encryption_scope.this[each.key].name
  encryption_scope_override_enabled = false
}

resource "azurerm_storage_container_immutability_policy" "this" {
  for_each = { for name, container in var.containers : name => container if container.lock_days != null }

  storage_container_resource_manager_id = azurerm_storage_container.this[each.key].id
  immutability_period_in_days           = each.value.lock_days
  locked                                = true
  protected_append_writes_enabled       = false
}

resource "azurerm_storage_management_policy" "this" {
  storage_account_id = azurerm_storage_account.this.id

  rule {
    name    = "archive"
    enabled = true
    filters {
      blob_types   = ["blockBlob"]
      prefix_match = ["audit/"]
    }
    actions {
      base_blob {
        tier_to_archive_after_days_since_creation_greater_than = var.archive_after_days
      }
    }
  }
}

resource "azurerm_private_endpoint" "this" {
  for_each = toset(["blob", "dfs"])

  name                = "${var.name}-lake-${each.value}"
  resource_group_name = var.resource_group
  location            = var.location
  subnet_id           = var.endpoint_subnet_id

  private_service_connection {
    name                           = each.value
    is_manual_connection           = false
    private_connection_resource_id = azurerm_storage_account.this.id
    subresource_names              = [each.value]
  }
}
