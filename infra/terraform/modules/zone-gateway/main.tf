locals {
  indexes = sort(keys(var.firewall_subnet_ids))
  endpoints = {
    for index in local.indexes : index => one([
      for state in aws_networkfirewall_firewall.this.firewall_status[0].sync_states :
      state.attachment[0].endpoint_id if state.availability_zone == var.availability_zones[tonumber(index)]
    ])
  }
  # A packet and its answer must pass the same endpoint: that of the lower availability zone of the two.
  pairs = merge([
    for source_key, source in var.subnets : {
      for target_key, target in var.subnets :
      "${source_key}>${target_key}" => {
        route_table_id = source.route_table_id
        cidr           = target.cidr
        index          = tostring(min(source.index, target.index))
      } if source.zone != target.zone
    }
  ]...)
  rules = flatten([
    for position, flow in var.flows : [
      for port in flow.ports : join(" ", [
        "pass tcp ${var.zone_cidrs[flow.from]} any -> ${var.zone_cidrs[flow.to]} ${port}",
        "(msg:\"${flow.from} to ${flow.to}: ${flow.why}\"; sid:${1000 + position * 100 + index(flow.ports, port)}; rev:1; flow:to_server;)",
      ])
    ]
  ])
}

resource "aws_networkfirewall_rule_group" "flows" {
  name        = "${var.name}-zones"
  description = "What may pass from zone to zone"
  type        = "STATEFUL"
  capacity    = 200

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.key_arn
  }

  rule_group {
    rules_source {
      rules_string = join("\n", local.rules)
    }
    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }
}

resource "aws_networkfirewall_firewall_policy" "this" {
  name = "${var.name}-zones"

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.key_arn
  }

  firewall_policy {
    stateless_default_actions          = ["aws:forward_to_sfe"]
    stateless_fragment_default_actions = ["aws:drop"]
    stateful_default_actions           = ["aws:drop_strict", "aws:alert_strict"]
    stateful_engine_options {
      rule_order = "STRICT_ORDER"
    }
    stateful_rule_group_reference {
      priority     = 1
      resource_arn = aws_networkfirewall_rule_group.flows.arn
    }
  }
}

resource "aws_networkfirewall_firewall" "this" {
  name                              = "${var.name}-zones"
  description                       = "The only way from one zone to another"
  vpc_id                            = var.vpc_id
  firewall_policy_arn               = aws_networkfirewall_firewall_policy.this.arn
  delete_protection                 = true
  subnet_change_protection          = true
  firewall_policy_change_protection = false

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.key_arn
  }

  dynamic "subnet_mapping" {
    for_each = local.indexes
    content {
      subnet_id = var.firewall_subnet_ids[subnet_mapping.value]
    }
  }
}

# A route more specific than the VPC's own: between two zones every packet goes to the firewall.
resource "aws_route" "between_zones" {
  for_each = local.pairs

  route_table_id         = each.value.route_table_id
  destination_cidr_block = each.value.cidr
  vpc_endpoint_id        = local.endpoints[each.value.index]
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["alert", "flow"])

  name              = "/altscore/${var.name}/zone-gateway-${each.value}"
  retention_in_days = 400
  kms_key_id        = var.key_arn
}

resource "aws_networkfirewall_logging_configuration" "this" {
  firewall_arn = aws_networkfirewall_firewall.this.arn

  logging_configuration {
    dynamic "log_destination_config" {
      for_each = aws_cloudwatch_log_group.this
      content {
        log_type             = upper(log_destination_config.key)
        log_destination_type = "CloudWatchLogs"
        log_destination      = { logGroup = log_destination_config.value.name }
      }
    }
  }
}
