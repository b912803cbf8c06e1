output "this" {
  description = "The topic: name and ARN."
  value = {
    name = aws_sns_topic.this.name
    arn  = aws_sns_topic.this.arn
  }
}

output "publish_policy" {
  description = "IAM policy (JSON) a role needs to publish to the topic."
  value       = data.aws_iam_policy_document.publish.json
}

output "policy" {
  description = "The topic's own policy (JSON): which services and principals publish, and which subscribe."
  value       = aws_sns_topic_policy.this.policy
}

output "alarms" {
  description = "Names of the alarms, with the prefix."
  value       = [for alarm in module.alarm : alarm.name]
}
