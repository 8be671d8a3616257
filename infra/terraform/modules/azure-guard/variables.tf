variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "subscription_id" {
  description = "Id of the subscription, /subscriptions/<id>."
  type        = string
}

variable "monthly_inr" {
  description = "Monthly budget, in the currency of the account."
  type        = number
}

variable "starts_on" {
  description = "First day of the budget, YYYY-MM-01."
  type        = string
}

variable "contact_emails" {
  description = "Who is told."
  type        = list(string)
}

