output "table_name" {
  description = "Name of the table of tags, for a function's environment."
  value       = aws_dynamodb_table.tags.name
}

output "table" {
  description = "The table of tags: name and ARN."
  value = {
    name = aws_dynamodb_table.tags.name
    arn  = aws_dynamodb_table.tags.arn
  }
}

output "policy" {
  description = "IAM policy (JSON) that a role needs to read tags and to write snapshots of them."
  value       = data.aws_iam_policy_document.enrich.json
}
