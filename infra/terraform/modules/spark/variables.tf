variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "cluster_name" {
  description = "The EKS cluster."
  type        = string
}

variable "namespace" {
  description = "Namespace of Spark jobs in the ml zone."
  type        = string
  default     = "spark"
}

variable "oidc_provider_arn" {
  description = "Provider of service account tokens."
  type        = string
}

variable "oidc_issuer" {
  description = "Issuer of service account tokens, without scheme."
  type        = string
}

variable "image" {
  description = "Address of the pipelines image with its tag."
  type        = string
}

variable "entry_point" {
  description = "Program inside the image that a job runs."
  type        = string
}

variable "bronze_bucket" {
  description = "Bucket that jobs read."
  type        = string
}

variable "lake_bucket" {
  description = "Bucket that jobs read and write."
  type        = string
}

variable "key_arns" {
  description = "KMS keys of the lake."
  type        = list(string)
}

variable "logs_key_arn" {
  description = "KMS key of the log group."
  type        = string
}

