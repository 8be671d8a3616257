variable "name" {
  description = "Prefix of every role."
  type        = string
}

variable "namespace" {
  description = "Kubernetes namespace of the services."
  type        = string
  default     = "altscore"
}

variable "oidc_provider_arn" {
  description = "Provider of service account tokens."
  type        = string
}

variable "oidc_issuer" {
  description = "Issuer of service account tokens, without scheme."
  type        = string
}

variable "service_accounts" {
  description = "Service account to what its role may do. A statement on every resource says why none can be named."
  type = map(list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
    reason    = optional(string, "")
  })))
  validation {
    condition     = length(var.service_accounts) > 0
    error_message = "At least one service account."
  }
  validation {
    condition = alltrue(flatten([
      for statements in values(var.service_accounts) : [
        for statement in statements : [for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z]{3,}\\*?$", action))]
      ]
    ]))
    error_message = "Actions are named: neither * nor service:* is an action."
  }
  validation {
    condition = alltrue(flatten([
      for statements in values(var.service_accounts) : [
        for statement in statements :
        length(statement.resources) > 0 && (!contains(statement.resources, "*") || length(statement.reason) >= 20)
      ]
    ]))
    error_message = "Resources are named; a statement on * states its reason in a sentence."
  }
}
