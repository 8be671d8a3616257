variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "distributor_id" {
  description = "The distributor, as in the Bronze prefix dist=<id>."
  type        = string
  validation {
    condition     = can(regex("^dist_[0-9A-Za-z]{6,40}$", var.distributor_id))
    error_message = "distributor_id looks like dist_ and letters or digits."
  }
}

variable "bronze_bucket" {
  description = "Bucket of the Bronze layer."
  type        = string
}

variable "writer_role_names" {
  description = "Roles that encrypt for the distributor (ingestion)."
  type        = set(string)
}

variable "reader_role_names" {
  description = "Roles that decrypt (pipeline, the replication to Pune)."
  type        = set(string)
}

variable "administrator_role_arn" {
  description = "Role that administers keys and cannot use them."
  type        = string
}

