output "active_site" {
  description = "Where the names point."
  value       = var.active_site
}
