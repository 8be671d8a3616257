output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "zone_cidrs" {
  description = "Zone to address block."
  value       = local.zone_cidrs
}

output "subnet_ids" {
  description = "Zone to its three subnets, in the order of the availability zones."
  value = {
    for zone in keys(local.zones) : zone => [
      for index in range(length(var.availability_zones)) : aws_subnet.zone["${zone}-${index}"].id
    ]
  }
}

output "subnets" {
  description = "Every subnet of a zone: zone, index of its availability zone, address block, route table."
  value = {
    for key, subnet in local.subnets : key => {
      zone           = subnet.zone
      index          = subnet.index
      cidr           = subnet.cidr
      route_table_id = aws_route_table.zone[key].id
    }
  }
}

output "firewall_subnet_ids" {
  description = "Subnets of the firewall between the zones, by index of the availability zone."
  value       = { for key, subnet in aws_subnet.firewall : key => subnet.id }
}

output "nat_addresses" {
  description = "Source addresses of our outgoing calls."
  value       = [for address in aws_eip.nat : address.public_ip]
}
