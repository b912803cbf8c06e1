output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN, URL, days of retention, DLQ, worker, filter and channel; see module queue."
  value = {
    for name, queue in merge(module.queue.queues, module.urgent_queue.queues) :
    name => merge(queue, { channel = queue.worker == null ? null : var.name })
  }
}

output "functions" {
  description = "The function made here: unprefixed name → name, ARN and log group."
  value       = { (local.names.function) = module.worker.function }
}

output "function_name" {
  description = "Name of the function, with the prefix."
  value       = module.worker.function.name
}

output "environment" {
  description = "The function's environment variables."
  value       = module.worker.environment
}

output "policy" {
  description = "IAM policy (JSON) of all that the function may do."
  value       = module.worker.policy
}

output "pacing" {
  description = "How fast the channel hands notifications to its provider."
  value       = var.pacing
}

output "rollout" {
  description = "Known when the channel delivers what is published; for the input `after` of module queue_worker."
  value       = [module.worker.rollout, module.queue.topic_arn, module.urgent_queue.topic_arn]
}

output "visibility_timeout_seconds" {
  description = "Seconds for which the queues hide a message that the function received."
  value       = module.queue.this.visibility_timeout_seconds
}
