variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "organization" {
  description = "Organisation in the authority's subject."
  type        = string
}

variable "crl_bucket" {
  description = "Bucket of the revocation list."
  type        = string
}

variable "years" {
  description = "Life of the authority."
  type        = number
  default     = 10
}

