output "topic_settings" {
  description = "Topics for the installation's hook job."
  value       = module.msk.topic_settings
}

output "role_arns" {
  description = "Service account to its role, for the chart's annotations."
  value       = module.iam.role_arns
}

output "target_group_arns" {
  description = "Target groups for the chart's bindings."
  value       = module.edge.target_group_arns
}

output "ingestion_addresses" {
  description = "Addresses that distributors allow."
  value       = module.edge.ingestion_addresses
}
