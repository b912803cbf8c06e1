output "json" {
  description = "The queue's policy."
  value       = data.aws_iam_policy_document.this.json
}
