# Network ACLs: pairs of zones that never talk (dmz and data) cannot, whatever a security group says.
locals {
  # Answers of S3's gateway endpoint and to calls through NAT come from public addresses; 3389 is never among them.
  answer_ports = [[1024, 3388], [3390, 65535]]
}

resource "aws_network_acl" "zone" {
  for_each = local.zones

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for key, subnet in local.subnets : aws_subnet.zone[key].id if subnet.zone == each.key]

  dynamic "ingress" {
    for_each = each.value.talks_to
    content {
      rule_no    = 100 + ingress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = local.zone_cidrs[ingress.value]
      from_port  = 0
      to_port    = 65535
    }
  }

  # Everything else inside the VPC is refused before the wider rules below are read.
  ingress {
    rule_no    = 150
    protocol   = "-1"
    action     = "deny"
    cidr_block = var.cidr
    from_port  = 0
    to_port    = 0
  }

  dynamic "ingress" {
    for_each = local.answer_ports
    content {
      rule_no    = 200 + ingress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = "0.0.0.0/0"
      from_port  = ingress.value[0]
      to_port    = ingress.value[1]
    }
  }

  dynamic "ingress" {
    for_each = each.key == "dmz" ? [80, 443] : []
    content {
      rule_no    = 210 + ingress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = "0.0.0.0/0"
      from_port  = ingress.value
      to_port    = ingress.value
    }
  }

  dynamic "egress" {
    for_each = each.value.talks_to
    content {
      rule_no    = 100 + egress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = local.zone_cidrs[egress.value]
      from_port  = 0
      to_port    = 65535
    }
  }

  egress {
    rule_no    = 150
    protocol   = "-1"
    action     = "deny"
    cidr_block = var.cidr
    from_port  = 0
    to_port    = 0
  }

  # Data and ml reach S3 by its gateway endpoint, whose addresses are public; they have no other route out.
  egress {
    rule_no    = 200
    protocol   = "tcp"
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 443
    to_port    = 443
  }

  dynamic "egress" {
    for_each = each.key == "dmz" ? [[80, 80], [1024, 65535]] : []
    content {
      rule_no    = 210 + egress.key
      protocol   = "tcp"
      action     = "allow"
      cidr_block = "0.0.0.0/0"
      from_port  = egress.value[0]
      to_port    = egress.value[1]
    }
  }

  tags = { Name = "${var.name}-${each.key}", zone = each.key }
}
