output "role_arns" {
  description = "Service account to its role."
  value       = { for account, role in aws_iam_role.service_account : account => role.arn }
}

output "role_names" {
  description = "Service account to the name of its role."
  value       = { for account in keys(var.service_accounts) : account => "${var.name}-${account}" }
}

output "policies" {
  description = "Service account to its policy."
  value       = local.policies
}
