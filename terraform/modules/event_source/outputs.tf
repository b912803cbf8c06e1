output "queue" {
  description = "The queue of AWS service events, for the standardizer."
  value       = module.queue.queue
}

output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value       = { AwsServiceEvents = module.topic.topic }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN and URL."
  value = merge(module.queue.queues, {
    AwsServiceEventsRuleDLQ = {
      name = aws_sqs_queue.rule_dlq.name
      arn  = aws_sqs_queue.rule_dlq.arn
      url  = aws_sqs_queue.rule_dlq.url
    }
  })
}

output "rules" {
  description = "Every EventBridge rule: unprefixed name → name and ARN."
  value       = { for name, rule in aws_cloudwatch_event_rule.this : name => { name = rule.name, arn = rule.arn } }
}
