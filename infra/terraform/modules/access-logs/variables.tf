variable "name" {
  description = "Name of the bucket."
  type        = string
}

variable "retention_days" {
  description = "How long access logs are kept, days."
  type        = number
  default     = 400
  validation {
    condition     = var.retention_days >= 365
    error_message = "Access logs are evidence: at least a year."
  }
}

