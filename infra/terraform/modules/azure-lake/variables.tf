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

variable "account_name" {
  description = "Name of the storage account, unique in Azure."
  type        = string
}

variable "endpoint_subnet_id" {
  description = "Subnet of private endpoints."
  type        = string
}

variable "key_ids" {
  description = "Key to its id without version: lake, and one per distributor."
  type        = map(string)
}

variable "key_scope_id" {
  description = "Key vault whose keys the account may use."
  type        = string
}

variable "containers" {
  description = "Containers by name; lock_days makes one immutable."
  type        = map(object({ key = string, lock_days = optional(number) }))
  validation {
    condition     = anytrue([for container in values(var.containers) : coalesce(container.lock_days, 0) > 0])
    error_message = "Raw data and evidence are immutable here too."
  }
}

variable "archive_after_days" {
  description = "Days until blobs of the evidence are archived."
  type        = number
  default     = 90
}

