variable "buckets" {
  description = "Names of the buckets."
  type        = object({ bronze = string, quarantine = string, lake = string, models = string, audit = string })
}

variable "key_arns" {
  description = "Key to ARN: platform, lake, audit, api-signing, consent-signing, score-signing, audit-signing, erasure-signing, vault-kek, vault-mac, ingestion-kek, ingestion-manifests, and <owner>-events of each producer."
  type        = map(string)
}

variable "distributor_key_arns" {
  description = "Keys of the distributors."
  type        = list(string)
}

variable "connector_ca_arn" {
  description = "Authority of the connectors."
  type        = string
}

variable "secret_prefix_arn" {
  description = "Prefix of the secrets: each service reads those under its own name."
  type        = string
}

