variable "name" {
  description = "Name of the bucket, such as altscore-production-bronze."
  type        = string
}

variable "key_arn" {
  description = "KMS key of objects that name none of their own."
  type        = string
}

variable "lock_days" {
  description = "Object Lock in compliance mode, days; null for a bucket without."
  type        = number
  default     = null
  validation {
    condition     = var.lock_days == null ? true : var.lock_days >= 1
    error_message = "lock_days is null or at least a day."
  }
}

variable "archive" {
  description = "Storage class after archive_after_days: GLACIER_IR where runs read it, GLACIER for evidence, null for none."
  type        = string
  default     = null
  validation {
    condition     = var.archive == null ? true : contains(["GLACIER_IR", "GLACIER"], var.archive)
    error_message = "archive is GLACIER_IR, GLACIER or null."
  }
}

variable "archive_after_days" {
  description = "Days until objects are archived."
  type        = number
  default     = 90
}

variable "expire_after_days" {
  description = "Days until objects are deleted; null keeps them."
  type        = number
  default     = null
}

variable "access_log_bucket" {
  description = "Bucket of server access logs."
  type        = string
}

variable "public_access_blocked" {
  description = "There is no other choice: a public bucket is refused at plan."
  type        = bool
  default     = true
  validation {
    condition     = var.public_access_blocked
    error_message = "No bucket of this product is public."
  }
}

variable "extra_statements" {
  description = "Further statements of the bucket policy, such as those of an AWS service that writes here."
  type        = any
  default     = []
}
