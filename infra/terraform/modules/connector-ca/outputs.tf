output "arn" {
  description = "The authority."
  value       = aws_acmpca_certificate_authority.this.arn
}

output "certificate" {
  description = "Certificate of the authority, PEM; ingestion trusts it."
  value       = aws_acmpca_certificate_authority_certificate.root.certificate
}
