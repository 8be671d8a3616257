output "principal_id" {
  description = "Object id of the job's identity: entra_subject of production-mumbai."
  value       = azurerm_user_assigned_identity.this.principal_id
}
