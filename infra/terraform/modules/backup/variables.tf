variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the vault in Mumbai."
  type        = string
}

variable "copies_key_arn" {
  description = "KMS key of the vault in Hyderabad."
  type        = string
}

variable "keep_daily_days" {
  description = "Daily copies, days."
  type        = number
  default     = 35
  validation {
    condition     = var.keep_daily_days >= 35
    error_message = "Daily copies are kept at least 35 days."
  }
}

variable "keep_monthly_days" {
  description = "Monthly copies, days."
  type        = number
  default     = 400
}

variable "alarm_topic_arn" {
  description = "Where failed jobs are reported."
  type        = string
}

