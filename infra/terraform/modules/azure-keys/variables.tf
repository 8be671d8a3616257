variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
  default     = "centralindia"
  validation {
    condition     = var.location == "centralindia"
    error_message = "Data stays in India: Central India (Pune) is the only location."
  }
}

variable "resource_group" {
  description = "Resource group of the standby."
  type        = string
}

variable "tenant_id" {
  description = "Entra tenant."
  type        = string
}

variable "endpoint_subnet_id" {
  description = "Subnet of private endpoints."
  type        = string
}

variable "keys" {
  description = "Keys by name; type RSA-HSM or EC-HSM, rotate_after an ISO 8601 duration."
  type        = map(object({ type = string, rotate_after = string }))
  validation {
    condition     = alltrue([for key in values(var.keys) : contains(["RSA-HSM", "EC-HSM"], key.type) && contains(["P180D", "P365D"], coalesce(key.rotate_after, "none"))])
    error_message = "Keys lie in the HSM and are rotated every P180D or P365D."
  }
}

