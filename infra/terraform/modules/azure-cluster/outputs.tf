output "oidc_issuer_url" {
  description = "Issuer of service account tokens."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}
