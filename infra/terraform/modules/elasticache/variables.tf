variable "name" {
  description = "Prefix of every name."
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
  description = "Zone to address block of the clients."
  type        = map(string)
}

variable "key_arn" {
  description = "KMS key of disks and logs."
  type        = string
}

variable "node_type" {
  description = "Node size."
  type        = string
  default     = "cache.m7g.large"
}

variable "auth_token" {
  description = "Password of the clients, 32 to 128 characters, given as TF_VAR_redis_auth_token. It is in the encrypted state: the provider has no write-only form."
  type        = string
  sensitive   = true
  validation {
    condition     = length(var.auth_token) >= 32 && length(var.auth_token) <= 128
    error_message = "32 to 128 characters."
  }
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}

