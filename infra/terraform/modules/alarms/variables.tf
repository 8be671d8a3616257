variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the topic."
  type        = string
}

variable "email_addresses" {
  description = "Who is told beyond the paging system."
  type        = set(string)
}

