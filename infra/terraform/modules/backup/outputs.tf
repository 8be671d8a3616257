output "vault_arns" {
  description = "Vaults in Mumbai and Hyderabad."
  value       = [aws_backup_vault.mumbai.arn, aws_backup_vault.hyderabad.arn]
}
