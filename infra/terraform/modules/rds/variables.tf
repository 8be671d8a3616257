variable "name" {
  description = "Name of the instance, such as altscore-production-serving."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the data zone."
  type        = list(string)
}

variable "client_cidrs" {
  description = "Name to address block of what may connect."
  type        = map(string)
}

variable "key_arn" {
  description = "KMS key of storage, logs and the administrator's secret."
  type        = string
}

variable "instance_class" {
  description = "Size."
  type        = string
}

variable "storage_gb" {
  description = "Storage, GiB."
  type        = number
}

variable "max_storage_gb" {
  description = "Where automatic growth ends, GiB."
  type        = number
}

variable "backup_retention_days" {
  description = "Point-in-time recovery, days."
  type        = number
  default     = 35
  validation {
    condition     = var.backup_retention_days >= 7
    error_message = "At least seven days of point-in-time recovery."
  }
}

variable "logical_replication" {
  description = "Whether the standby in the other cloud subscribes."
  type        = bool
  default     = false
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}

