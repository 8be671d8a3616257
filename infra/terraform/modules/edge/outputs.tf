output "public_dns_name" {
  description = "Name of the public load balancer."
  value       = aws_lb.public.dns_name
}

output "target_group_arns" {
  description = "Service to the target group that the cluster fills."
  value       = merge({ for name, group in aws_lb_target_group.service : name => group.arn }, { ingestion = aws_lb_target_group.ingestion.arn })
}

output "ingestion_addresses" {
  description = "Fixed addresses of the ingestion endpoint, published to distributors."
  value       = [for address in aws_eip.ingestion : address.public_ip]
}
