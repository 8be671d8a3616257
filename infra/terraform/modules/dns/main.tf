data "aws_route53_zone" "this" {
  name = var.zone_name
}

# A minute of life: a failover is seen by resolvers within it. The state of this module lies in Pune, so that
# Mumbai need not be there to leave it.
resource "aws_route53_record" "this" {
  for_each = var.names

  zone_id = data.aws_route53_zone.this.zone_id
  name    = "${each.key}.${var.zone_name}"
  type    = each.value[var.active_site].type
  ttl     = 60
  records = each.value[var.active_site].values
}
