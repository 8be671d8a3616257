output "bootstrap_servers" {
  description = "Brokers, SCRAM over TLS."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
}

output "topic_settings" {
  description = "Every topic with partitions, replicas and configuration, for the job that makes them."
  value       = local.topic_settings
}
