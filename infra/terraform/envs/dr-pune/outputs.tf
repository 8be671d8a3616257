output "pune" {
  description = "Input of production-mumbai."
  value = {
    gateway_address = module.network.gateway_address
    data_cidr       = module.network.data_cidr
    entra_issuer    = "https://sts.windows.net/${var.tenant_id}/"
    entra_audience  = var.entra_audience
    entra_subject   = module.replication.principal_id
  }
}

output "active_site" {
  description = "Where the public names point."
  value       = module.dns.active_site
}

output "cluster_key_resource_id" {
  description = "Key whose current version is cluster_key_id."
  value       = module.keys.key_resource_ids["cluster"]
}
