output "secret_arns" {
  description = "Kafka user to the secret with its password."
  value       = { for user in local.users : user => aws_secretsmanager_secret_version.user[user].arn }
}
