output "virtual_cluster_id" {
  description = "Where jobs are submitted."
  value       = aws_emrcontainers_virtual_cluster.this.id
}

output "job_template_id" {
  description = "Template of the transformation job."
  value       = aws_emrcontainers_job_template.dbt.id
}

output "role_arn" {
  description = "Role of the jobs."
  value       = aws_iam_role.job.arn
}
