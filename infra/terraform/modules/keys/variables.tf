variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "keys" {
  description = "Keys by name. kind: encrypt, sign-rs256, sign-es256 or mac. created_on (YYYY-MM-DD) and rotate_after_days say when the next generation is due."
  type        = map(object({ kind = string, created_on = string, rotate_after_days = number, user_role_names = optional(set(string), []), user_services = optional(set(string), []), purpose = string }))
  validation {
    condition     = alltrue([for key in values(var.keys) : contains(["encrypt", "sign-rs256", "sign-es256", "mac"], key.kind)])
    error_message = "kind is encrypt, sign-rs256, sign-es256 or mac."
  }
  validation {
    condition     = alltrue([for key in values(var.keys) : coalesce(key.rotate_after_days, 0) >= 90 && coalesce(key.rotate_after_days, 0) <= 366])
    error_message = "Every key is rotated, at least once a year and at most every 90 days."
  }
  validation {
    condition     = alltrue([for key in values(var.keys) : key.kind != "sign-rs256" || coalesce(key.rotate_after_days, 0) <= 184])
    error_message = "Keys that sign tokens are rotated every six months."
  }
}

variable "administrator_role_arn" {
  description = "Role that administers keys and cannot use them."
  type        = string
}

variable "alarm_topic_arn" {
  description = "Where due rotations and dangerous changes are reported."
  type        = string
}

