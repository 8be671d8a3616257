output "urls" {
  description = "Image to the address of its repository."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}
