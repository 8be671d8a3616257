variable "subscription_id" {
  description = "Azure subscription."
  type        = string
}

variable "tenant_id" {
  description = "Entra tenant."
  type        = string
}

variable "aws_account_id" {
  description = "AWS account of the public zone."
  type        = string
}

variable "administrator_group_ids" {
  description = "Groups that operate the cluster."
  type        = list(string)
}

variable "operations_emails" {
  description = "Who is told of costs."
  type        = list(string)
}

variable "budget_starts_on" {
  description = "First day of the budget, YYYY-MM-01."
  type        = string
}

variable "cluster_key_id" {
  description = "Key of Kubernetes secrets with its version (output of the first apply)."
  type        = string
}

variable "distributors" {
  description = "Distributors with a key and a container of their own."
  type        = list(string)
  default     = []
}

variable "mumbai" {
  description = "What the environment production-mumbai outputs."
  type        = object({ data_cidr = string, tunnel_addresses = list(string), replication_role_arn = string, load_balancer = string, ingestion_addresses = list(string) })
}

variable "addresses" {
  description = "Public addresses of the ingress and of ingestion in Pune."
  type        = object({ public = string, ingestion = string })
}

variable "entra_audience" {
  description = "Application id URI of the replication."
  type        = string
}

variable "domain" {
  description = "The public zone."
  type        = string
}

variable "active_site" {
  description = "mumbai, or pune after a failover."
  type        = string
  default     = "mumbai"
}

variable "tunnel_keys" {
  description = "Pre-shared keys of the two tunnels."
  type        = list(string)
  sensitive   = true
}
