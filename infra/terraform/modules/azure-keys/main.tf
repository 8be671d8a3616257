# Premium: keys lie in an HSM. Purge protection: nobody, no administrator either, removes a key before 90 days.
resource "azurerm_key_vault" "this" {
  name                          = var.name
  resource_group_name           = var.resource_group
  location                      = var.location
  tenant_id                     = var.tenant_id
  sku_name                      = "premium"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = false

  network_acls {
    bypass         = "AzureServices"
    default_action = "Deny"
  }
}

resource "azurerm_private_endpoint" "this" {
  name                = "${var.name}-keys"
  resource_group_name = var.resource_group
  location            = var.location
  subnet_id           = var.endpoint_subnet_id

  private_service_connection {
    name                           = "keys"
    is_manual_connection           = false
    private_connection_resource_id = azurerm_key_vault.this.id
    subresource_names              = ["vault"]
  }
}

resource "azurerm_key_vault_key" "this" {
  #checkov:skip=CKV_AZURE_112:key_type is RSA-HSM or EC-HSM, by validation of the variable
  #checkov:skip=CKV_AZURE_40:keys expire by their rotation policy
  for_each = var.keys

  name         = each.key
  key_vault_id = azurerm_key_vault.this.id
  key_type     = each.value.type
  key_size     = each.value.type == "RSA-HSM" ? 3072 : null
  curve        = each.value.type == "EC-HSM" ? "P-256" : null
  key_opts     = each.value.type == "RSA-HSM" ? ["wrapKey", "unwrapKey", "sign", "verify"] : ["sign", "verify"]

  rotation_policy {
    expire_after         = each.value.rotate_after == "P180D" ? "P270D" : "P455D"
    notify_before_expiry = "P30D"
    automatic {
      time_after_creation = each.value.rotate_after
    }
  }
}
