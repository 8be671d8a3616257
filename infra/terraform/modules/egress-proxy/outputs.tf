output "url" {
  description = "Value of HTTPS_PROXY in the ml zone."
  value       = "http://${aws_lb.this.dns_name}:${local.port}"
}

output "configuration" {
  description = "The proxy's configuration."
  value       = local.configuration
}
