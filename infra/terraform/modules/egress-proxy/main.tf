locals {
  port = 3128
  configuration = templatefile("${path.module}/squid.conf.tftpl", {
    port            = local.port
    client_cidr     = var.client_cidr
    allowed_domains = sort(tolist(var.allowed_domains))
  })
}

resource "aws_security_group" "this" {
  name        = "${var.name}-egress-proxy"
  description = "The ml zone's only way out"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-egress-proxy" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id = aws_security_group.this.id
  description       = "Proxy port from the ml zone"
  cidr_ipv4         = var.client_cidr
  ip_protocol       = "tcp"
  from_port         = local.port
  to_port           = local.port
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS to the allowed hosts"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_launch_template" "this" {
  #checkov:skip=CKV_AWS_88:the proxy is the way out of the ml zone; nothing may connect to it from outside
  name                   = "${var.name}-egress-proxy"
  image_id               = var.image_id
  instance_type          = "t4g.small"
  update_default_version = true

  network_interfaces {
    associate_public_ip_address = true
    security_groups             = [aws_security_group.this.id]
    delete_on_termination       = true
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      encrypted             = true
      kms_key_id            = var.key_arn
      volume_size           = 20
      volume_type           = "gp3"
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  user_data = base64encode(<<-SCRIPT
    #!/bin/sh
    set -eu
    cat > /etc/squid/squid.conf <<'CONFIGURATION'
    ${indent(4, local.configuration)}
    CONFIGURATION
    systemctl enable --now squid
    SCRIPT
  )

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-egress-proxy", zone = "dmz" }
  }
}

resource "aws_lb" "this" {
  #checkov:skip=CKV_AWS_91:a network load balancer logs TLS listeners alone; the proxy logs every request
  name                             = "${var.name}-egress"
  internal                         = true
  load_balancer_type               = "network"
  subnets                          = var.subnet_ids
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = true
}

resource "aws_lb_target_group" "this" {
  name     = "${var.name}-egress"
  port     = local.port
  protocol = "TCP"
  vpc_id   = var.vpc_id

  health_check {
    protocol = "TCP"
    interval = 10
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = local.port
  protocol          = "TCP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_autoscaling_group" "this" {
  name                = "${var.name}-egress-proxy"
  min_size            = 2
  max_size            = 3
  vpc_zone_identifier = var.subnet_ids
  target_group_arns   = [aws_lb_target_group.this.arn]
  health_check_type   = "ELB"

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  # A changed list of hosts replaces the instances, one at a time.
  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 50
    }
  }

  tag {
    key                 = "zone"
    value               = "dmz"
    propagate_at_launch = true
  }
}
