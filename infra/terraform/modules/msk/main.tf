locals {
  # The installation's hook job makes topics and ACLs from these; a dead-letter topic keeps as long as the longest weekly shift.
  topic_settings = merge([
    for topic in var.topics : {
      (topic.name) = {
        partitions = topic.partitions
        replicas   = 3
        configuration = {
          "retention.ms"        = topic.retention_days == -1 ? "-1" : tostring(topic.retention_days * 24 * 3600 * 1000)
          "min.insync.replicas" = "2"
        }
      }
      "${topic.name}.dlq" = {
        partitions = 1
        replicas   = 3
        configuration = {
          "retention.ms"        = tostring(30 * 24 * 3600 * 1000)
          "min.insync.replicas" = "2"
        }
      }
    }
  ]...)
}

resource "aws_security_group" "this" {
  name        = "${var.name}-msk"
  description = "Kafka brokers"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-msk" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_cidrs

  security_group_id = aws_security_group.this.id
  description       = "SCRAM over TLS from ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 9096
  to_port           = 9096
}

resource "aws_cloudwatch_log_group" "broker" {
  name              = "/altscore/${var.name}/msk"
  retention_in_days = 400
  kms_key_id        = var.key_arn
}

resource "aws_msk_configuration" "this" {
  name           = var.name
  kafka_versions = ["3.8.x"]
  server_properties = join("\n", [
    "auto.create.topics.enable=false",
    "allow.everyone.if.no.acl.found=false",
    "default.replication.factor=3",
    "min.insync.replicas=2",
    "unclean.leader.election.enable=false",
    "message.max.bytes=1048576",
    "log.retention.hours=168",
  ])

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = "3.8.x"
  number_of_broker_nodes = 3
  enhanced_monitoring    = "PER_TOPIC_PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [aws_security_group.this.id]

    storage_info {
      ebs_storage_info {
        volume_size = var.volume_gb
      }
    }

    connectivity_info {
      public_access {
        type = "DISABLED"
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  client_authentication {
    unauthenticated = false
    sasl {
      scram = true
      iam   = false
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.key_arn
    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  open_monitoring {
    prometheus {
      jmx_exporter {
        enabled_in_broker = true
      }
      node_exporter {
        enabled_in_broker = true
      }
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = aws_cloudwatch_log_group.broker.name
      }
    }
  }

  # Automatic growth changes the size behind Terraform's back, and only upwards.
  lifecycle {
    ignore_changes = [broker_node_group_info[0].storage_info[0].ebs_storage_info[0].volume_size]
  }
}

resource "aws_appautoscaling_target" "storage" {
  service_namespace  = "kafka"
  resource_id        = aws_msk_cluster.this.arn
  scalable_dimension = "kafka:broker-storage:VolumeSize"
  min_capacity       = var.volume_gb
  max_capacity       = var.max_volume_gb
}

resource "aws_appautoscaling_policy" "storage" {
  name               = "${var.name}-msk-storage"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.storage.service_namespace
  resource_id        = aws_appautoscaling_target.storage.resource_id
  scalable_dimension = aws_appautoscaling_target.storage.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value     = 70
    disable_scale_in = true
    predefined_metric_specification {
      predefined_metric_type = "KafkaBrokerStorageUtilization"
    }
  }
}
