variable "account_id" {
  description = "The AWS account."
  type        = string
}

variable "administrator_role_arns" {
  description = "Roles of people who operate the cluster."
  type        = set(string)
}

variable "key_administrator_role_arn" {
  description = "Role that administers keys and cannot use them."
  type        = string
}

variable "operations_emails" {
  description = "Who is told of alarms and costs."
  type        = set(string)
}

variable "certificate_arn" {
  description = "Certificate of the public hosts, in ap-south-1."
  type        = string
}

variable "domain" {
  description = "The public domain."
  type        = string
}

variable "distributors" {
  description = "Distributors with a key of their own."
  type        = set(string)
  default     = []
}

variable "egress_domains" {
  description = "Hosts that training jobs may reach."
  type        = set(string)
}

variable "egress_image_id" {
  description = "AMI of the egress proxy."
  type        = string
}

variable "pipelines_image" {
  description = "Address of the pipelines image with its tag."
  type        = string
}

variable "redis_auth_token" {
  description = "Password of Redis, given as TF_VAR_redis_auth_token."
  type        = string
  sensitive   = true
}

