output "topic" {
  description = "The topic to publish notifications to: name and ARN."
  value       = module.notifier.topics["OrgResourceEventsNotification"]
}

output "publish_policy" {
  description = "IAM policy (JSON) that a role of this account needs to publish notifications."
  value       = module.notifier.publish_policy
}
