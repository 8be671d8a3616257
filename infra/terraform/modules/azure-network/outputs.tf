output "virtual_network_id" {
  description = "The virtual network."
  value       = azurerm_virtual_network.this.id
}

output "subnet_ids" {
  description = "Zone to its subnet."
  value       = { for zone, subnet in azurerm_subnet.zone : zone => subnet.id }
}

output "data_cidr" {
  description = "Address block of the data zone; input of production-mumbai."
  value       = local.cidrs["data"]
}

output "gateway_address" {
  description = "Address of the VPN gateway; input of production-mumbai."
  value       = azurerm_public_ip.gateway.ip_address
}
