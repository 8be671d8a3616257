output "group_names" {
  description = "Log group to its full name."
  value       = { for name, group in aws_cloudwatch_log_group.this : name => group.name }
}
