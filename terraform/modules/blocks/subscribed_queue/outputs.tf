output "queue" {
  description = "The queue as its worker needs it: ARN, visibility timeout, and the DLQ to park in (ARN, URL)."
  value = {
    arn                        = aws_sqs_queue.this.arn
    visibility_timeout_seconds = local.visibility_timeout_seconds
    dlq = {
      arn = aws_sqs_queue.dlq.arn
      url = aws_sqs_queue.dlq.url
    }
  }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN and URL."
  value = {
    for suffix, queue in {
      ""              = aws_sqs_queue.this
      DLQ             = aws_sqs_queue.dlq
      SubscriptionDLQ = aws_sqs_queue.subscription_dlq
    } : "${var.name}${suffix}" => { name = queue.name, arn = queue.arn, url = queue.url }
  }
}

output "filter_policy" {
  description = "The subscription's filter: message attribute → accepted values. Null lets everything in."
  value       = var.filter_policy
}

output "readers" {
  description = "Who else empties the queue."
  value       = var.readers
}

output "retention_days" {
  description = "Days the queue keeps a message."
  value       = aws_sqs_queue.this.message_retention_seconds / local.a_day
}

output "topic_arn" {
  description = "ARN of the topic the queue is subscribed to."
  value       = aws_sns_topic_subscription.this.topic_arn
}

output "age_alarm" {
  description = "Whether somebody is alarmed by the age of the queue's messages."
  value       = length(module.age_alarm) > 0
}
