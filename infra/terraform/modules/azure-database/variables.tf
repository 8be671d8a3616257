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

variable "subnet_id" {
  description = "Subnet of the data zone, delegated to PostgreSQL."
  type        = string
}

variable "virtual_network_id" {
  description = "The virtual network."
  type        = string
}

variable "tenant_id" {
  description = "Entra tenant: administrators sign in with it, there is no password."
  type        = string
}

variable "key_id" {
  description = "Key of the storage, without version."
  type        = string
}

variable "key_scope_id" {
  description = "Key vault of that key."
  type        = string
}

variable "sku_name" {
  description = "Size; a standby keeps up with replication, and is scaled at a failover."
  type        = string
  default     = "GP_Standard_D4ds_v5"
}

variable "storage_mb" {
  description = "Storage, MiB."
  type        = number
  default     = 524288
}

