locals {
  arn       = "arn:aws:s3:::${var.name}"
  is_locked = var.lock_days != null
  refusals = concat(
    [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.arn, "${local.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "EncryptedWithKmsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = ["${local.arn}/*"]
        # Without the header the bucket's own rule encrypts; a header may not choose something weaker.
        Condition = {
          Null            = { "s3:x-amz-server-side-encryption" = "false" }
          StringNotEquals = { "s3:x-amz-server-side-encryption" = "aws:kms" }
        }
      },
    ],
    # Nobody shortens a retention or removes a version, administrators included.
    local.is_locked ? [
      {
        Sid       = "NothingIsRemoved"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion", "s3:PutObjectLegalHold"]
        Resource  = ["${local.arn}/*"]
      },
    ] : [],
  )
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:the copy is made in Pune (ADR-002), by a job that reads
  bucket              = var.name
  object_lock_enabled = local.is_locked
  force_destroy       = false
  tags                = local.is_locked ? { backup = "lock" } : { backup = "versions" }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = var.public_access_blocked
  block_public_policy     = var.public_access_blocked
  ignore_public_acls      = var.public_access_blocked
  restrict_public_buckets = var.public_access_blocked
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = local.is_locked ? 1 : 0

  bucket = aws_s3_bucket.this.id
  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.lock_days
    }
  }
  depends_on = [aws_s3_bucket_versioning.this]
}

# No bucket key: with one, the encryption context would name the bucket and not the object,
# and a distributor's key could not be bound to the distributor's prefix.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    bucket_key_enabled = false
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.refusals, var.extra_statements) })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  #checkov:skip=CKV_AWS_300:the rule unfinished-uploads does it; dynamic rules hide it
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.archive == null ? [] : [var.archive]
    content {
      id     = "archive"
      status = "Enabled"
      filter {}
      transition {
        days          = var.archive_after_days
        storage_class = rule.value
      }
    }
  }

  dynamic "rule" {
    for_each = var.expire_after_days == null ? [] : [var.expire_after_days]
    content {
      id     = "expire"
      status = "Enabled"
      filter {}
      expiration {
        days = rule.value
      }
      noncurrent_version_expiration {
        noncurrent_days = 30
      }
    }
  }

  # Locked versions stay until their retention ends, whatever a rule says.
  dynamic "rule" {
    for_each = local.is_locked || var.expire_after_days != null ? [] : [1]
    content {
      id     = "old-versions"
      status = "Enabled"
      filter {}
      noncurrent_version_expiration {
        noncurrent_days = 90
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  bucket        = aws_s3_bucket.this.id
  target_bucket = var.access_log_bucket
  target_prefix = "${var.name}/"
}

resource "aws_s3_bucket_notification" "this" {
  bucket      = aws_s3_bucket.this.id
  eventbridge = true
}
