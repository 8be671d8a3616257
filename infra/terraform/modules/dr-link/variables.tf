variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "data_route_table_ids" {
  description = "Route tables of the data zone by a stable name: the only subnets that see the tunnel."
  type        = map(string)
}

variable "azure_gateway_address" {
  description = "Public address of the VPN gateway in Pune."
  type        = string
}

variable "azure_data_cidr" {
  description = "Address block of the data zone in Pune."
  type        = string
}

variable "logs_key_arn" {
  description = "KMS key of the tunnel logs."
  type        = string
}

variable "entra_issuer" {
  description = "Issuer of the tokens of the managed identity, https://sts.windows.net/<tenant>/."
  type        = string
  validation {
    condition     = startswith(var.entra_issuer, "https://sts.windows.net/")
    error_message = "Tokens come from the Entra tenant of the subscription in Pune."
  }
}

variable "entra_audience" {
  description = "Application id URI that the token is made for."
  type        = string
}

variable "entra_subject" {
  description = "Object id of the managed identity of the replication job."
  type        = string
}

variable "buckets" {
  description = "Buckets that are copied."
  type        = set(string)
}

variable "key_arns" {
  description = "KMS keys of those buckets."
  type        = list(string)
}

