output "primary_endpoint" {
  description = "Host of the primary; clients use rediss on port 6379."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}
