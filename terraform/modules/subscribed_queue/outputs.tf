output "queue" {
  description = "The queue as its worker needs it: ARN, visibility timeout, and the DLQ to park in (ARN, URL)."
  value = {
    arn                        = module.queue.queue.arn
    visibility_timeout_seconds = local.visibility_timeout_seconds
    dlq = {
      arn = module.dlq.queue.arn
      url = module.dlq.queue.url
    }
  }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN and URL."
  value = {
    (var.name)                   = module.queue.queue
    "${var.name}DLQ"             = module.dlq.queue
    "${var.name}SubscriptionDLQ" = module.subscription_dlq.queue
  }
}
