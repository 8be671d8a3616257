variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "The three subnets of the data zone: one broker each."
  type        = list(string)
  validation {
    condition     = length(var.subnet_ids) == 3
    error_message = "Three brokers in three availability zones."
  }
}

variable "client_cidrs" {
  description = "Zone to address block of the clients (application, ml)."
  type        = map(string)
}

variable "key_arn" {
  description = "KMS key of disks, secrets and logs."
  type        = string
}

variable "instance_type" {
  description = "Broker size."
  type        = string
  default     = "kafka.m7g.large"
}

variable "volume_gb" {
  description = "Disk of each broker, GiB, before automatic growth."
  type        = number
}

variable "max_volume_gb" {
  description = "Where automatic growth ends, GiB."
  type        = number
}

variable "topics" {
  description = "Contents of schemas/topics.yml; retention_days -1 keeps for ever."
  type        = list(object({ name = string, partitions = number, retention_days = number, producers = list(string), consumers = list(string) }))
  validation {
    condition     = length(var.topics) > 0 && alltrue([for topic in var.topics : topic.retention_days == -1 || topic.retention_days > 0])
    error_message = "Topics are read from schemas/topics.yml; retention is -1 or a number of days."
  }
}

variable "user_secret_arns" {
  description = "Kafka user to the secret with its password (module kafka-users)."
  type        = map(string)
}
