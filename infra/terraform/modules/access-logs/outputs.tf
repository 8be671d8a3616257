# Who logs into the bucket waits until its policy lets the deliveries in.
output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.id
  depends_on  = [aws_s3_bucket_policy.this]
}
