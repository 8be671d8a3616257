# Built-in policy "Allowed locations": what would lie outside Central India is refused.
resource "azurerm_subscription_policy_assignment" "india" {
  name                 = "${var.name}-india"
  subscription_id      = var.subscription_id
  policy_definition_id = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"
  display_name         = "Nothing outside India"
  enforce              = true
  parameters           = jsonencode({ listOfAllowedLocations = { value = ["centralindia"] } })

  non_compliance_message {
    content = "Personal data stays in India: only Central India is allowed."
  }
}

resource "azurerm_consumption_budget_subscription" "monthly" {
  name            = "${var.name}-monthly"
  subscription_id = var.subscription_id
  amount          = var.monthly_inr
  time_grain      = "Monthly"

  time_period {
    start_date = "${var.starts_on}T00:00:00Z"
  }

  dynamic "notification" {
    for_each = [50, 80, 100]
    content {
      operator       = "GreaterThan"
      threshold      = notification.value
      contact_emails = var.contact_emails
    }
  }
}
