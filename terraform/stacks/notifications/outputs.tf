output "topics" {
  description = "Every topic: unprefixed name → name and ARN."
  value       = merge(module.event_source.topics, module.fan_out.topics, module.notifier.topics)
}

output "queues" {
  description = "Every queue, DLQs too: unprefixed name → name, ARN, URL and retention_days; dlq and worker, the unprefixed names of its DLQ and of the function that empties it; filter_policy, the message attributes by which its subscription selects; channel. Each of these four is null where there is none, as for a DLQ."
  value       = merge(module.event_source.queues, module.fan_out.queues, module.notifier.queues)
}

output "functions" {
  description = "Every function: unprefixed name → name, ARN and log group."
  value       = merge(module.standardizer.functions, module.notifier.functions)
}

output "sent_table" {
  description = "The table of sent records: name and ARN."
  value       = module.notifier.sent_table
}

output "mail" {
  description = "How mail is sent: `rate` recipients in a second and `quota` in 24 hours (null: any number) are what the function allows itself, `account_rate` in a second what SES takes from the account (mail_rate), `region` that of SES."
  value       = module.notifier.mail
}

output "rules" {
  description = "Every EventBridge rule: unprefixed name (that of a bus before it, except the default bus) → name and ARN."
  value       = merge(module.event_source.rules, { for heartbeat in module.heartbeat : "Heartbeat" => heartbeat.rule })
}

output "services" {
  description = "Every service selected: the regions where its events come up (none: in each); elsewhere, types that come up in these regions alone; whether all, some or none of its events need a trail of CloudTrail that logs management events."
  value       = module.event_source.services
}

output "buses" {
  description = "Every event bus beside the default one: unprefixed name → name, ARN, archive and log group."
  value       = module.event_source.buses
}

output "tags_table" {
  description = "The table of snapshots of tags: name and ARN."
  value       = module.enricher.table
}

output "alarm_topic_arns" {
  description = "Topics that the alarms notify; empty: there are no alarms."
  value       = var.monitoring.alarm_topic_arns
}

output "routing" {
  description = "The routing in force: its bucket, and the SHA-256 that names its object (routing/<sha256>.json)."
  value = {
    bucket = module.routing.object.bucket
    sha256 = module.routing.object.sha256
  }
}
