output "fqdn" {
  description = "Host of the standby."
  value       = azurerm_postgresql_flexible_server.this.fqdn
}
