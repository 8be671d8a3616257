data "aws_caller_identity" "current" {}

locals {
  # The number is the quarter of the block; talks_to is checked by the network ACLs, both ways.
  zones = {
    dmz         = { number = 0, talks_to = ["dmz", "application", "ml"] }
    application = { number = 1, talks_to = ["dmz", "application", "data", "ml"] }
    data        = { number = 2, talks_to = ["application", "data", "ml"] }
    ml          = { number = 3, talks_to = ["dmz", "application", "data", "ml"] }
  }
  zone_cidrs = { for zone, settings in local.zones : zone => cidrsubnet(var.cidr, 2, settings.number) }
  subnets = merge([
    for zone, settings in local.zones : {
      for index, az in var.availability_zones :
      "${zone}-${index}" => { zone = zone, index = index, az = az, cidr = cidrsubnet(local.zone_cidrs[zone], 2, index) }
    }
  ]...)
  # The last quarter of the dmz holds the small subnets of the firewall between the zones.
  firewall_subnets = {
    for index, az in var.availability_zones :
    tostring(index) => { az = az, cidr = cidrsubnet(cidrsubnet(local.zone_cidrs["dmz"], 2, 3), 8, index) }
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# Nothing may use the default group by accident: it has no rules.
resource "aws_default_security_group" "unused" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "zone" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.az
  cidr_block              = each.value.cidr
  map_public_ip_on_launch = false
  tags = {
    Name = "${var.name}-${each.key}"
    zone = each.value.zone
  }
}

resource "aws_subnet" "firewall" {
  for_each = local.firewall_subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.value.az
  cidr_block              = each.value.cidr
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-firewall-${each.key}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

# Their addresses are the published source addresses of our calls to outside parties.
resource "aws_eip" "nat" {
  for_each = local.firewall_subnets

  domain = "vpc"
  tags   = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.firewall_subnets

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.zone["dmz-${each.key}"].id
  tags          = { Name = "${var.name}-${each.key}" }
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route_table" "zone" {
  for_each = local.subnets

  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-${each.key}", zone = each.value.zone }
}

resource "aws_route_table_association" "zone" {
  for_each = local.subnets

  subnet_id      = aws_subnet.zone[each.key].id
  route_table_id = aws_route_table.zone[each.key].id
}

# Routes out: the dmz by the internet gateway, the application by NAT. Data and ml have none.
resource "aws_route" "internet" {
  for_each = { for key, subnet in local.subnets : key => subnet if subnet.zone == "dmz" }

  route_table_id         = aws_route_table.zone[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route" "nat" {
  for_each = { for key, subnet in local.subnets : key => subnet if subnet.zone == "application" }

  route_table_id         = aws_route_table.zone[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[tostring(each.value.index)].id
}
