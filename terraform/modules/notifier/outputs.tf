output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value       = { OrgResourceEventsNotification = module.topic.this }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN, URL, days of retention, DLQ, worker, filter and channel; see module queue."
  value       = merge(values(module.channel)[*].queues...)
}

output "functions" {
  description = "Every function made here: unprefixed name → name, ARN and log group."
  value = merge(
    { for sender in module.org_resource_event_notification_sender : "OrgResourceEventNotificationSender" => sender.function },
    merge(values(module.channel)[*].functions...),
  )
}

output "channels" {
  description = "Channel → name of its function, with the prefix."
  value       = { for name, channel in module.channel : name => channel.function_name }
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
  description = "The notification topic's own policy (JSON): which principals publish."
  value       = module.topic.policy
}

output "mail" {
  description = "How mail is sent: recipients in a second and in 24 hours (null: any number) that the function allows itself, those in a second that SES takes from the account, and the region of SES."
  value = {
    rate         = local.mail_rate
    quota        = local.mail_quota
    account_rate = var.sender.rate
    region       = local.ses_region
  }
}
