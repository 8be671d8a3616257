variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "target_ids" {
  description = "Organisational units or accounts that the policy binds."
  type        = set(string)
  validation {
    condition     = length(var.target_ids) > 0
    error_message = "A policy that binds nobody refuses nothing."
  }
}

variable "allowed_regions" {
  description = "Regions in which anything may exist."
  type        = list(string)
  default     = ["ap-south-1", "ap-south-2"]
  validation {
    condition     = length(var.allowed_regions) > 0 && alltrue([for region in var.allowed_regions : contains(["ap-south-1", "ap-south-2"], region)])
    error_message = "Only Indian regions: ap-south-1 and ap-south-2."
  }
}

variable "log_bucket" {
  description = "Bucket of configuration history."
  type        = string
}

variable "key_arn" {
  description = "KMS key of configuration history."
  type        = string
}

variable "alarm_topic_arn" {
  description = "Where violations are reported."
  type        = string
}

