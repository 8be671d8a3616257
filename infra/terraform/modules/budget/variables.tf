variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "monthly_usd" {
  description = "Monthly limit, US dollars (AWS bills in them)."
  type        = number
  validation {
    condition     = var.monthly_usd > 0
    error_message = "The limit is above 0."
  }
}

variable "email_addresses" {
  description = "Who is told."
  type        = list(string)
  validation {
    condition     = length(var.email_addresses) > 0
    error_message = "An alarm without a reader is none."
  }
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}

