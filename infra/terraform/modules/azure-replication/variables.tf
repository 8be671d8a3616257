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
  description = "Subnet of the job."
  type        = string
}

variable "log_analytics_workspace_id" {
  description = "Where logs go."
  type        = string
}

variable "account_id" {
  description = "The storage account."
  type        = string
}

variable "account_name" {
  description = "Name of the storage account."
  type        = string
}

variable "aws_role_arn" {
  description = "Role in Mumbai that can only read."
  type        = string
}

variable "entra_audience" {
  description = "Application id URI of the token."
  type        = string
}

variable "copies" {
  description = "Bucket in Mumbai, with a prefix where only that is copied, to container here."
  type        = map(string)
}

variable "image" {
  description = "Image with rclone and a shell."
  type        = string
  default     = "docker.io/rclone/rclone:1.71"
}

variable "every_minutes" {
  description = "Distance of two runs: the worst loss of lake data is this plus a run."
  type        = number
  default     = 15
  validation {
    condition     = var.every_minutes >= 5 && var.every_minutes <= 30
    error_message = "5 to 30 minutes."
  }
}

