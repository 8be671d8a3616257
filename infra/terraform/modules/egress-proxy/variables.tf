variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the dmz."
  type        = list(string)
}

variable "client_cidr" {
  description = "Address block of the ml zone, the only client."
  type        = string
}

variable "allowed_domains" {
  description = "Hosts that training jobs may reach; a leading dot allows subdomains."
  type        = set(string)
  validation {
    condition     = length(var.allowed_domains) > 0 && alltrue([for domain in var.allowed_domains : can(regex("^\\.?([a-z0-9-]+\\.)+[a-z]+$", domain))])
    error_message = "Name at least one host; no wildcard, scheme or path."
  }
}

variable "image_id" {
  description = "AMI with squid installed, built by the image pipeline."
  type        = string
}

variable "key_arn" {
  description = "KMS key of disks and logs."
  type        = string
}
