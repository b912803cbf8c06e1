output "standard_topics" {
  description = "The topics of standard messages and the policies to publish to them and to owners' topics, for the standardizer: message version → ARN and policy."
  value = {
    for version, topic in module.topic : version => {
      arn            = topic.this.arn
      publish_policy = data.aws_iam_policy_document.publish[version].json
    }
  }

  # A message that is published before the queues are subscribed is lost.
  depends_on = [module.machine_queue, module.messaging_queue, module.owner_queue, module.owner_topic]
}

output "messaging_queue" {
  description = "The queue of standard messages for people, in the version that the notifier reads."
  value       = module.messaging_queue[local.sender_version].this
}

output "topics" {
  description = "Every topic made here: unprefixed name → name and ARN."
  value = merge(
    { for version, topic in module.topic : "OrgResourceEvents${local.suffixes[version]}" => topic.this },
    { for owner, topic in module.owner_topic : "OrgResourceEventsV2-${owner}" => topic.this },
  )
}

output "queues" {
  description = "Every queue made here: unprefixed name → name, ARN, URL, days of retention, DLQ, worker, filter and channel; see module queue."
  value       = merge(concat(values(module.machine_queue), values(module.messaging_queue), values(module.owner_queue))[*].queues...)
}
