output "this" {
  description = "The queue as its worker needs it: ARN, URL, visibility timeout, and the DLQ to park in (ARN, URL)."
  value = {
    arn                        = module.queue.this.arn
    url                        = module.queue.this.url
    visibility_timeout_seconds = local.visibility_timeout_seconds
    dlq = {
      arn = module.dlq.this.arn
      url = module.dlq.this.url
    }
  }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN, URL, days of retention, DLQ, worker, filter and channel; see module queue."
  value = merge(
    {
      (var.name) = merge(module.queue.this, {
        dlq           = "${var.name}DLQ"
        worker        = try(var.consumer.present, false) ? var.consumer.function : null
        filter_policy = var.filter_policy
      })
      "${var.name}DLQ" = module.dlq.this
    },
    { for dlq in module.subscription_dlq : "${var.name}SubscriptionDLQ" => dlq.this },
  )
}

output "policies" {
  description = "Each queue's own policy (JSON), by its unprefixed name."
  value = merge(
    {
      (var.name)       = module.queue.policy
      "${var.name}DLQ" = module.dlq.policy
    },
    { for dlq in module.subscription_dlq : "${var.name}SubscriptionDLQ" => dlq.policy },
  )
}

output "redrive_policy" {
  description = "When SQS moves a message of the queue to the DLQ (JSON)."
  value       = module.queue.redrive_policy
}

output "redrive_allow_policies" {
  description = "By each queue's unprefixed name, which queue may move its exhausted messages there (JSON)."
  value = merge(
    {
      (var.name)       = module.queue.redrive_allow_policy
      "${var.name}DLQ" = module.dlq.redrive_allow_policy
    },
    { for dlq in module.subscription_dlq : "${var.name}SubscriptionDLQ" => dlq.redrive_allow_policy },
  )
}

output "readers" {
  description = "Principals outside this account that may empty the queue."
  value       = var.readers
}

output "topic_arn" {
  description = "ARN of the topic the queue is subscribed to."
  value       = aws_sns_topic_subscription.this.topic_arn
}

output "age_alarm" {
  description = "Whether an alarm watches the age of the queue's messages."
  value       = length(module.age_alarm) > 0
}
