# A user per service. The password is made by AWS and written without passing through plan or state;
# raising password_version writes a new one. Mock providers know no ephemeral resources (Terraform 1.11), so this
# module is tested by applying it on the stand-in.
locals {
  users = setunion(toset(flatten([for topic in var.topics : concat(topic.producers, topic.consumers)])), var.other_users)
}

ephemeral "aws_secretsmanager_random_password" "user" {
  for_each = local.users

  password_length     = 40
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "user" {
  #checkov:skip=CKV2_AWS_57:rotation is password_version; MSK and the service change together
  for_each = local.users

  name        = "AmazonMSK_${var.name}_${each.value}"
  description = "Kafka user ${each.value}"
  kms_key_id  = var.key_arn
}

resource "aws_secretsmanager_secret_version" "user" {
  for_each = local.users

  secret_id                = aws_secretsmanager_secret.user[each.value].id
  secret_string_wo_version = var.password_version
  secret_string_wo = jsonencode({
    username = each.value
    password = ephemeral.aws_secretsmanager_random_password.user[each.value].random_password
  })
}
