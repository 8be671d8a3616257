output "replication_role_arn" {
  description = "Role of the replication job; input of the environment dr-pune."
  value       = aws_iam_role.replication.arn
}

output "tunnel_addresses" {
  description = "Addresses of the two tunnels, for the gateway in Pune."
  value       = [aws_vpn_connection.pune.tunnel1_address, aws_vpn_connection.pune.tunnel2_address]
}
