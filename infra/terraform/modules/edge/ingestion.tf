# Connectors: fixed addresses that a distributor can allow, and TLS that ends in the ingestion service,
# which itself checks the client certificate, the API key and the signature of the batch.
resource "aws_eip" "ingestion" {
  #checkov:skip=CKV2_AWS_19:the address belongs to a load balancer
  count = length(var.subnet_ids)

  domain = "vpc"
  tags   = { Name = "${var.name}-ingestion-${count.index}" }
}

resource "aws_security_group" "ingestion" {
  name        = "${var.name}-ingestion"
  description = "Connectors to the ingestion endpoint"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-ingestion" }
}

resource "aws_vpc_security_group_ingress_rule" "ingestion" {
  security_group_id = aws_security_group.ingestion.id
  description       = "Mutual TLS from connectors"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "ingestion" {
  security_group_id = aws_security_group.ingestion.id
  description       = "Ingestion pods"
  cidr_ipv4         = var.application_cidr
  ip_protocol       = "tcp"
  from_port         = 8443
  to_port           = 8443
}

resource "aws_lb" "ingestion" {
  name                             = "${var.name}-ingestion"
  internal                         = false
  load_balancer_type               = "network"
  security_groups                  = [aws_security_group.ingestion.id]
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = true

  dynamic "subnet_mapping" {
    for_each = var.subnet_ids
    content {
      subnet_id     = subnet_mapping.value
      allocation_id = aws_eip.ingestion[subnet_mapping.key].id
    }
  }

  access_logs {
    enabled = true
    bucket  = var.access_log_bucket
    prefix  = "ingestion"
  }
}

resource "aws_lb_target_group" "ingestion" {
  name               = "${var.name}-ingestion"
  vpc_id             = var.vpc_id
  port               = 8443
  protocol           = "TCP"
  target_type        = "ip"
  preserve_client_ip = true

  health_check {
    protocol = "TCP"
    interval = 10
  }
}

resource "aws_lb_listener" "ingestion" {
  load_balancer_arn = aws_lb.ingestion.arn
  port              = 443
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.ingestion.arn
  }
}
