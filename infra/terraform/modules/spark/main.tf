resource "aws_cloudwatch_log_group" "this" {
  name              = "/altscore/${var.name}/spark"
  retention_in_days = 400
  kms_key_id        = var.logs_key_arn
}

# EMR names its service accounts after this pattern; the role is for them alone.
resource "aws_iam_role" "job" {
  name                 = "${var.name}-spark"
  max_session_duration = 3600
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = var.oidc_provider_arn }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = {
        StringEquals = { "${var.oidc_issuer}:aud" = "sts.amazonaws.com" }
        StringLike   = { "${var.oidc_issuer}:sub" = "system:serviceaccount:${var.namespace}:emr-containers-sa-*" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "job" {
  name = "lake"
  role = aws_iam_role.job.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "ListBronze", Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::${var.bronze_bucket}"] },
      { Sid = "ReadBronze", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::${var.bronze_bucket}/*"] },
      { Sid = "ListLake", Effect = "Allow", Action = ["s3:ListBucket", "s3:GetBucketLocation"], Resource = ["arn:aws:s3:::${var.lake_bucket}"] },
      { Sid = "WriteLake", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = ["arn:aws:s3:::${var.lake_bucket}/*"] },
      { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.key_arns },
      { Sid = "Logs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], Resource = ["${aws_cloudwatch_log_group.this.arn}:*"] },
    ]
  })
}

resource "aws_emrcontainers_virtual_cluster" "this" {
  name = "${var.name}-spark"

  container_provider {
    id   = var.cluster_name
    type = "EKS"
    info {
      eks_info {
        namespace = var.namespace
      }
    }
  }
}

resource "aws_emrcontainers_job_template" "dbt" {
  name        = "${var.name}-dbt"
  kms_key_arn = var.logs_key_arn

  job_template_data {
    execution_role_arn = aws_iam_role.job.arn
    release_label      = "emr-7.9.0-latest"

    job_driver {
      spark_submit_job_driver {
        entry_point = var.entry_point
        spark_submit_parameters = join(" ", [
          "--conf spark.kubernetes.container.image=${var.image}",
          "--conf spark.kubernetes.node.selector.altscore/zone=ml",
          "--conf spark.executor.instances=4 --conf spark.executor.memory=8G --conf spark.executor.cores=2",
          "--conf spark.sql.session.timeZone=Asia/Kolkata",
        ])
      }
    }

    configuration_overrides {
      monitoring_configuration {
        persistent_app_ui = "DISABLED"
        cloud_watch_monitoring_configuration {
          log_group_name         = aws_cloudwatch_log_group.this.name
          log_stream_name_prefix = "dbt"
        }
      }
    }
  }
}
