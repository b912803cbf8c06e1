output "this" {
  description = "The bucket: name and ARN."
  value = {
    name = aws_s3_bucket.this.bucket
    arn  = aws_s3_bucket.this.arn
  }
}

output "policy" {
  description = "The bucket's own policy (JSON)."
  value       = aws_s3_bucket_policy.this.policy
}
