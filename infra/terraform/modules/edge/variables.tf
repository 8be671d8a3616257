variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "The three subnets of the dmz."
  type        = list(string)
}

variable "application_cidr" {
  description = "Address block of the application zone, the only target."
  type        = string
}

variable "certificate_arn" {
  description = "Certificate of the API and the dashboard, renewed by ACM."
  type        = string
}

variable "dashboard_host" {
  description = "Host of the dashboard."
  type        = string
}

variable "webhook_host" {
  description = "Host of provider callbacks: Meta calls from outside India and signs every call."
  type        = string
}

variable "hosts" {
  description = "Host to the name of its target group (score, admin, webhook)."
  type        = map(string)
}

variable "access_log_bucket" {
  description = "Bucket of access logs."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the log of the web firewall."
  type        = string
}

variable "allowed_countries" {
  description = "Countries that may connect."
  type        = list(string)
  default     = ["IN"]
  validation {
    condition     = length(var.allowed_countries) > 0
    error_message = "Geo-blocking has a list; production allows India alone."
  }
}

variable "requests_per_minute_per_ip" {
  description = "Rate limit of one address."
  type        = number
  default     = 1000
  validation {
    condition     = var.requests_per_minute_per_ip >= 10 && var.requests_per_minute_per_ip <= 1000
    error_message = "10 to 1,000 requests per minute and address."
  }
}

variable "shield_advanced" {
  description = "DDoS protection beyond the standard; needs a subscription of the account."
  type        = bool
  default     = false
}

variable "alarm_topic_arn" {
  description = "Where alarms go."
  type        = string
}

