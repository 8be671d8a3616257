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

variable "cidr" {
  description = "Address block of the virtual network, a /16 that Mumbai does not use."
  type        = string
}

variable "mumbai_cidr" {
  description = "Address block of the data zone in Mumbai."
  type        = string
}

variable "mumbai_tunnel_addresses" {
  description = "Addresses of the tunnels in Mumbai."
  type        = list(string)
  validation {
    condition     = length(var.mumbai_tunnel_addresses) == 2
    error_message = "A connection in Mumbai has two tunnels."
  }
}

variable "tunnel_keys" {
  description = "Pre-shared keys of the two tunnels."
  type        = list(string)
  sensitive   = true
}
