output "endpoint" {
  description = "Host and port."
  value       = aws_db_instance.this.endpoint
}

output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "administrator_secret_arn" {
  description = "Secret of the administrator's password, rotated by AWS."
  value       = aws_db_instance.this.master_user_secret[0].secret_arn
}
