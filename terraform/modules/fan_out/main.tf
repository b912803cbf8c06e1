locals {
  # A version is a topic and queues of its own; version 1 had the names before there was another.
  suffixes = { for version in var.message_versions : version => version == "1" ? "" : "V${version}" }

  highest_version = tostring(max([for version in var.message_versions : tonumber(version)]...))
  sender_version  = coalesce(var.sender_version, local.highest_version)
}

module "topic" {
  source   = "../blocks/topic"
  for_each = local.suffixes

  name        = "OrgResourceEvents${each.value}"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { principals = var.publishers }
}

# For machines of other teams. Nobody here consumes it: it must build up.
module "machine_queue" {
  source   = "../blocks/subscribed_queue"
  for_each = local.suffixes

  name             = "OrgResourceEvents${each.value}"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic[each.key].topic.arn
  alarm_topic_arns = var.alarm_topic_arns
}

# For people, by way of the notifier, which reads one version's queue. The others' are the same and fill as well, so
# that the notifier can move to one at any time and finds there what it has not seen.
module "messaging_queue" {
  source   = "../blocks/subscribed_queue"
  for_each = local.suffixes

  name             = "OrgResourceEventsMessaging${each.value}"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic[each.key].topic.arn
  consumer         = merge(var.consumer, { present = each.key == local.sender_version })
  alarm_topic_arns = var.alarm_topic_arns
}

# An owner's share of version 2, for machines of that owner, who empty it themselves.
module "owner_queue" {
  source   = "../blocks/subscribed_queue"
  for_each = { for name, owner in var.owners : name => owner if owner.queue }

  name             = "OrgResourceEventsV2-${each.key}"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic["2"].topic.arn
  filter_policy    = { owner = [each.key] }
  readers          = each.value.consumers
  alarm_topic_arns = var.alarm_topic_arns
}

# The same to subscribe to. SNS delivers to no topic, so it is the standardizer that publishes here too: to the ARN of
# version 2's topic with the owner's name at its end.
module "owner_topic" {
  source   = "../blocks/topic"
  for_each = { for name, owner in var.owners : name => owner if owner.topic }

  name        = "OrgResourceEventsV2-${each.key}"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  subscribers = each.value.consumers
}

data "aws_iam_policy_document" "publish" {
  for_each = module.topic

  source_policy_documents = [each.value.publish_policy]

  # By the name they share: the ARNs of 200 topics would not fit in a role's policy.
  dynamic "statement" {
    for_each = each.key == "2" && length(module.owner_topic) > 0 ? [each.value.topic.arn] : []

    content {
      sid       = "PublishToOwnersTopics"
      actions   = ["sns:Publish"]
      resources = ["${statement.value}-*"]
    }
  }
}
