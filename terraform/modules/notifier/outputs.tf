output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value       = { OrgResourceEventsNotification = module.topic.topic }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN and URL."
  value       = module.email_queue.queues
}

output "functions" {
  description = "Every function made here: unprefixed name → name, ARN and log group."
  value = merge(
    { EmailNotificationSender = module.email_notification_sender.function },
    { for sender in module.org_resource_event_notification_sender : "OrgResourceEventNotificationSender" => sender.function },
  )
}

output "sent_table" {
  description = "The table of sent records: name and ARN."
  value = {
    name = aws_dynamodb_table.sent.name
    arn  = aws_dynamodb_table.sent.arn
  }
}

output "publish_policy" {
  description = "IAM policy (JSON) a role of this account needs to publish notifications."
  value       = module.topic.publish_policy
}

output "topic_policy" {
  description = "The notification topic's own policy (JSON): who publishes without a policy of theirs."
  value       = module.topic.policy
}
