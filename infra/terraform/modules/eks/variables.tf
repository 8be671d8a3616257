variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "application_subnet_ids" {
  description = "Subnets of the application zone: control plane and services."
  type        = list(string)
}

variable "ml_subnet_ids" {
  description = "Subnets of the ml zone: training, Airflow, Spark."
  type        = list(string)
}

variable "key_arn" {
  description = "KMS key of Kubernetes secrets, disks and logs."
  type        = string
}

variable "kubernetes_version" {
  description = "Minor version of Kubernetes."
  type        = string
  default     = "1.33"
}

variable "administrator_role_arns" {
  description = "Roles that may administer the cluster; people assume them with a hardware key."
  type        = set(string)
}

variable "node_groups" {
  description = "Node groups by name; zone is application or ml."
  type        = map(object({ zone = string, instance_types = list(string), min = number, max = number }))
  validation {
    condition     = alltrue([for group in values(var.node_groups) : contains(["application", "ml"], group.zone) && group.min <= group.max])
    error_message = "A node group is in the zone application or ml, and min is not above max."
  }
}

