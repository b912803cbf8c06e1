output "topic" {
  description = "The topic of standard messages, and the policy to publish there, for the standardizer."
  value = {
    arn            = module.topic.topic.arn
    publish_policy = module.topic.publish_policy
  }
}

output "messaging_queue" {
  description = "The queue of standard messages for people, for the notifier."
  value       = module.messaging_queue.queue
}

output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value       = { OrgResourceEvents = module.topic.topic }
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN and URL."
  value       = merge(module.machine_queue.queues, module.messaging_queue.queues)
}
