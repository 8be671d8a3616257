output "firewall_arn" {
  description = "The firewall between the zones."
  value       = aws_networkfirewall_firewall.this.arn
}

output "rules" {
  description = "The pass rules; everything else is dropped and logged."
  value       = local.rules
}
