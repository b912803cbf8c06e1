output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN, URL, days of retention, DLQ, worker, filter and channel; see module queue."
  value = {
    for name, queue in module.queue.queues :
    name => merge(queue, { channel = name == local.names.queue ? var.name : null })
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

output "visibility_timeout_seconds" {
  description = "Seconds for which the queue hides a message that the function received."
  value       = module.queue.this.visibility_timeout_seconds
}
