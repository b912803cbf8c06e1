output "standard_topics" {
  description = "The topics of standard messages, and the policies to publish there, to the owners' topics too, for the standardizer: message version → ARN and policy."
  value = {
    for version, topic in module.topic : version => {
      arn            = topic.topic.arn
      publish_policy = data.aws_iam_policy_document.publish[version].json
    }
  }

  # Who publishes before the queues are subscribed publishes to nobody.
  depends_on = [module.machine_queue, module.messaging_queue, module.owner_queue, module.owner_topic]
}

output "messaging_queue" {
  description = "The queue of standard messages for people, in the version that the notifier reads."
  value       = module.messaging_queue[local.sender_version].queue
}

output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value = merge(
    { for version, topic in module.topic : "OrgResourceEvents${local.suffixes[version]}" => topic.topic },
    { for owner, topic in module.owner_topic : "OrgResourceEventsV2-${owner}" => topic.topic },
  )
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN and URL."
  value       = merge(concat(values(module.machine_queue), values(module.messaging_queue), values(module.owner_queue))[*].queues...)
}
