output "key_vault_id" {
  description = "The vault."
  value       = azurerm_key_vault.this.id
}

output "key_ids" {
  description = "Key to its id without version, so that users follow a rotation."
  value       = { for name, key in azurerm_key_vault_key.this : name => key.versionless_id }
}

output "key_resource_ids" {
  description = "Key to its id as a resource, for role assignments."
  value       = { for name, key in azurerm_key_vault_key.this : name => key.resource_versionless_id }
}
