# The module kafka-users makes the secrets; here the cluster learns of them.
resource "aws_msk_single_scram_secret_association" "user" {
  for_each = var.user_secret_arns

  cluster_arn = aws_msk_cluster.this.arn
  secret_arn  = each.value
}
