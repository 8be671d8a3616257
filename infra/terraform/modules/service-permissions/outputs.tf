output "service_accounts" {
  description = "Input `service_accounts` of the module iam."
  value = merge([
    for owner, names in local.processes : {
      for name in names : name => concat(
        [for statement in local.by_owner[owner] : statement if !contains(lookup(local.without, name, []), statement.sid) && length(statement.resources) > 0],
        [for producer, process in local.relays : { sid = "SignEvents", actions = local.sign, resources = [var.key_arns["${producer}-events"]] } if process == name],
        [{ sid = "OwnSecrets", actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], resources = ["${var.secret_prefix_arn}/${owner}/*"] }],
      )
    }
  ]...)
}

output "names" {
  description = "Every process."
  value       = flatten(values(local.processes))
}
