# The site in Pune reads from Mumbai: PostgreSQL over a tunnel, the lake with a role that can only read.
resource "aws_vpn_gateway" "this" {
  vpc_id = var.vpc_id
  tags   = { Name = "${var.name}-pune" }
}

resource "aws_customer_gateway" "pune" {
  bgp_asn    = 65000
  ip_address = var.azure_gateway_address
  type       = "ipsec.1"
  tags       = { Name = "${var.name}-pune" }
}

resource "aws_cloudwatch_log_group" "tunnel" {
  name              = "/altscore/${var.name}/tunnel-pune"
  retention_in_days = 400
  kms_key_id        = var.logs_key_arn
}

resource "aws_vpn_connection" "pune" {
  vpn_gateway_id           = aws_vpn_gateway.this.id
  customer_gateway_id      = aws_customer_gateway.pune.id
  type                     = "ipsec.1"
  static_routes_only       = true
  remote_ipv4_network_cidr = "0.0.0.0/0"

  tunnel1_ike_versions = ["ikev2"]
  tunnel2_ike_versions = ["ikev2"]

  tunnel1_log_options {
    cloudwatch_log_options {
      log_enabled       = true
      log_group_arn     = aws_cloudwatch_log_group.tunnel.arn
      log_output_format = "json"
    }
  }

  tunnel2_log_options {
    cloudwatch_log_options {
      log_enabled       = true
      log_group_arn     = aws_cloudwatch_log_group.tunnel.arn
      log_output_format = "json"
    }
  }

  tags = { Name = "${var.name}-pune" }
}

resource "aws_vpn_connection_route" "pune" {
  vpn_connection_id      = aws_vpn_connection.pune.id
  destination_cidr_block = var.azure_data_cidr
}

resource "aws_route" "pune" {
  for_each = var.data_route_table_ids

  route_table_id         = each.value
  destination_cidr_block = var.azure_data_cidr
  gateway_id             = aws_vpn_gateway.this.id
}

# No secret crosses the clouds: the job in Pune shows the token of its managed identity.
resource "aws_iam_openid_connect_provider" "entra" {
  url            = var.entra_issuer
  client_id_list = [var.entra_audience]
}

locals {
  issuer = trimprefix(var.entra_issuer, "https://")
}

resource "aws_iam_role" "replication" {
  name                 = "${var.name}-replication-pune"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = aws_iam_openid_connect_provider.entra.arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = var.entra_audience
          "${local.issuer}:sub" = var.entra_subject
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "replication" {
  name = "read"
  role = aws_iam_role.replication.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "List", Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = [for bucket in sort(tolist(var.buckets)) : "arn:aws:s3:::${bucket}"] },
      { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectRetention"], Resource = [for bucket in sort(tolist(var.buckets)) : "arn:aws:s3:::${bucket}/*"] },
      { Sid = "Decrypt", Effect = "Allow", Action = ["kms:Decrypt"], Resource = var.key_arns },
    ]
  })
}
