output "queue" {
  description = "The queue of AWS service events, for the standardizer."
  value       = module.queue.queue
}

output "entrance" {
  description = "Where a rule of this deployment delivers an event: the topic, and the DLQ for what it could not."
  value = {
    topic_arn = module.topic.topic.arn
    dlq_arn   = aws_sqs_queue.rule_dlq.arn
  }
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
  description = "Every EventBridge rule: unprefixed name (that of a bus before it, except the default bus) → name and ARN."
  value = merge(
    { for name, rule in aws_cloudwatch_event_rule.this : name => { name = rule.name, arn = rule.arn } },
    { for name, schedule in module.schedule : "Schedule-${name}" => schedule.rule },
    { for name, bus in module.bus : "${name}/CatchAll" => bus.rule },
  )
}

output "buses" {
  description = "Every bus made here: unprefixed name → name, ARN, archive and log group."
  value       = { for name, bus in module.bus : name => bus.bus }
}
