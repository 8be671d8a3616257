output "arns" {
  description = "Key to its ARN."
  value       = { for name, key in local.all : name => key.arn }
}

output "aliases" {
  description = "Key to its alias."
  value       = { for name, alias in aws_kms_alias.this : name => alias.name }
}

output "reminders" {
  description = "Key that KMS does not rotate to the moment (India) at which its next generation is announced."
  value       = local.reminders
}

output "policies" {
  description = "Key to its policy, JSON."
  value       = local.policies
}

output "copy_arns" {
  description = "Key to the ARN of its copy in Hyderabad."
  value       = { for name, key in aws_kms_replica_key.hyderabad : name => key.arn }
}
