output "this" {
  description = "The queue: name, ARN, URL and days of retention, and four facts that a module with more than a DLQ adds: unprefixed names of its DLQ and of the function that empties it, the filter of its subscription, its channel."
  value = {
    name           = aws_sqs_queue.this.name
    arn            = aws_sqs_queue.this.arn
    url            = aws_sqs_queue.this.url
    retention_days = aws_sqs_queue.this.message_retention_seconds / local.day_seconds
    dlq            = null
    worker         = null
    filter_policy  = null
    channel        = null
  }
}

output "policy" {
  description = "The queue's own policy (JSON)."
  value       = aws_sqs_queue.this.policy
}

output "redrive_policy" {
  description = "When SQS moves a message to the DLQ (JSON); null for a DLQ."
  value       = aws_sqs_queue.this.redrive_policy
}

output "redrive_allow_policy" {
  description = "Which queue may move its exhausted messages here (JSON)."
  value       = aws_sqs_queue.this.redrive_allow_policy
}
