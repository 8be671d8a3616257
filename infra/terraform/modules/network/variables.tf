variable "name" {
  description = "Prefix of every name, such as altscore-production."
  type        = string
}

variable "cidr" {
  description = "Address block of the VPC, a /16: each zone is a quarter of it."
  type        = string
  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "cidr must be a /16 block."
  }
}

variable "availability_zones" {
  description = "Three availability zones of the region."
  type        = list(string)
  validation {
    condition     = length(var.availability_zones) == 3 && alltrue([for zone in var.availability_zones : startswith(zone, "ap-south-")])
    error_message = "Three availability zones of an Indian region are needed."
  }
}

variable "logs_key_arn" {
  description = "KMS key of the flow logs."
  type        = string
}

variable "flow_log_retention_days" {
  description = "How long flow logs are kept."
  type        = number
  default     = 400
  validation {
    condition     = var.flow_log_retention_days >= 365
    error_message = "Flow logs are evidence: at least a year."
  }
}

variable "interface_endpoints" {
  description = "AWS services that private subnets reach without leaving the VPC."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "sts", "kms", "logs", "secretsmanager", "acm-pca", "emr-containers"]
}
