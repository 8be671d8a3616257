output "key_arn" {
  description = "The distributor's key."
  value       = aws_kms_key.this.arn
}

output "alias" {
  description = "Stable name of the key."
  value       = aws_kms_alias.this.name
}

output "prefix" {
  description = "The distributor's prefix of the Bronze bucket."
  value       = local.prefix
}

output "policy" {
  description = "Policy of the key."
  value       = local.policy
}
