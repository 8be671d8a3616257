variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "groups" {
  description = "Log groups by name and how long events are kept, days."
  type        = map(object({ retention_days = number }))
  validation {
    condition     = alltrue([for group in values(var.groups) : contains([400, 731, 1096, 1827, 2192, 2557], group.retention_days)])
    error_message = "At least 400 days; 731 for failed sign-ins, 2557 (seven years) for audit and model performance."
  }
}

variable "key_arn" {
  description = "KMS key of the groups."
  type        = string
}

variable "writer_role_names" {
  description = "Roles that append."
  type        = set(string)
}

variable "archive_bucket" {
  description = "Locked bucket that receives a copy; it goes to Glacier after 90 days."
  type        = string
}

variable "archive_key_arn" {
  description = "KMS key of that bucket."
  type        = string
}

