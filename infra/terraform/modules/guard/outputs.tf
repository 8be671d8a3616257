output "policy" {
  description = "The service control policy."
  value       = local.policy
}
