variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "key_arn" {
  description = "KMS key of the secrets."
  type        = string
}

variable "topics" {
  description = "Contents of schemas/topics.yml."
  type        = list(object({ producers = list(string), consumers = list(string) }))
  validation {
    condition     = length(var.topics) > 0
    error_message = "Topics are read from schemas/topics.yml."
  }
}

variable "other_users" {
  description = "Users beyond producers and consumers."
  type        = set(string)
  default     = ["registry"]
}

variable "password_version" {
  description = "Raise to write new passwords."
  type        = number
  default     = 1
}

