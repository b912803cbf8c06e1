output "queue" {
  description = "The queue of AWS service events, for the standardizer."
  value       = module.queue.this
}

output "entrance" {
  description = "Where a rule of this deployment delivers an event: the topic, and the DLQ for events that it could not deliver."
  value = {
    topic_arn = module.topic.this.arn
    dlq_arn   = module.rule_dlq.this.arn
  }
}

output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value       = { AwsServiceEvents = module.topic.this }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN, URL, days of retention, DLQ, worker, filter and channel; see module queue."
  value       = merge(module.queue.queues, { AwsServiceEventsRuleDLQ = module.rule_dlq.this })
}

output "rules" {
  description = "Every EventBridge rule: unprefixed name (that of a bus before it, except the default bus) → name and ARN."
  value = merge(
    { for name, rule in aws_cloudwatch_event_rule.this : name => { name = rule.name, arn = rule.arn } },
    { for name, schedule in module.schedule : "Schedule-${name}" => schedule.rule },
    { for name, bus in module.bus : "${name}/CatchAll" => bus.rule },
  )
}

output "services" {
  description = "Every service selected: the regions where its events come up (none: in each); elsewhere, types that come up in these regions alone; whether all, some or none of its events need a trail of CloudTrail that logs management events."
  value       = { for service in toset(var.services) : service => local.catalogue.services[service] }
}

output "buses" {
  description = "Every bus made here: unprefixed name → name, ARN, archive and log group."
  value       = { for name, bus in module.bus : name => bus.this }
}
