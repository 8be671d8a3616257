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

variable "subnet_ids" {
  description = "Zone to subnet."
  type        = map(string)
}

variable "tenant_id" {
  description = "Entra tenant."
  type        = string
}

variable "administrator_group_ids" {
  description = "Groups that may administer the cluster."
  type        = list(string)
}

variable "key_id" {
  description = "Key of Kubernetes secrets, with version."
  type        = string
}

variable "log_analytics_workspace_id" {
  description = "Where logs go."
  type        = string
}

variable "kubernetes_version" {
  description = "The minor version of Mumbai."
  type        = string
  default     = "1.33"
}

variable "warm_nodes" {
  description = "Nodes while Mumbai is active."
  type        = number
  default     = 2
  validation {
    condition     = var.warm_nodes >= 2
    error_message = "A warm standby runs: two nodes at least."
  }
}

variable "full_nodes" {
  description = "Nodes after a failover, at most."
  type        = number
  default     = 9
}

