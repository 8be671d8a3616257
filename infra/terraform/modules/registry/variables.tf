variable "name" {
  description = "Prefix of every repository."
  type        = string
}

variable "images" {
  description = "Images by name."
  type        = set(string)
}

variable "key_arn" {
  description = "KMS key of the layers."
  type        = string
}

variable "keep_images" {
  description = "Released images kept per repository."
  type        = number
  default     = 50
}

