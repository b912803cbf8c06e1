locals {
  # A version has its own topic and queues; version 1 had its names before there was another version.
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

  alarm_topic_arns = var.alarm_topic_arns
}

# Machine queues, for other teams: no function here empties them.
module "machine_queue" {
  source   = "../blocks/subscribed_queue"
  for_each = local.suffixes

  name             = "OrgResourceEvents${each.value}"
  name_prefix      = var.name_prefix
  account          = var.account
  topic_arn        = module.topic[each.key].this.arn
  alarm_topic_arns = var.alarm_topic_arns
}

# For people, by way of the notifier, which reads one version's queue. The queues of other versions are the same and
# fill as well, so that the notifier can change version at any time and finds there the messages it has not read.
module "messaging_queue" {
  source   = "../blocks/subscribed_queue"
  for_each = local.suffixes

  name             = "OrgResourceEventsMessaging${each.value}"
  name_prefix      = var.name_prefix
  account          = var.account
  topic_arn        = module.topic[each.key].this.arn
  consumer         = merge(var.consumer, { present = each.key == local.sender_version })
  alarm_topic_arns = var.alarm_topic_arns
}

# The messages of version 2 about one owner's resources, in a machine queue which that owner empties.
module "owner_queue" {
  source   = "../blocks/subscribed_queue"
  for_each = { for name, owner in var.owners : name => owner if owner.queue }

  name             = "OrgResourceEventsV2-${each.key}"
  name_prefix      = var.name_prefix
  account          = var.account
  topic_arn        = module.topic["2"].this.arn
  filter_policy    = { owner = [each.key] }
  readers          = each.value.consumers
  alarm_topic_arns = var.alarm_topic_arns
}

# The same messages in a topic to subscribe to. SNS cannot deliver to a topic, so the standardizer publishes here too: to
# the ARN of version 2's topic with the owner's name at its end.
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
    for_each = each.key == "2" && length(module.owner_topic) > 0 ? [each.value.this.arn] : []

    content {
      sid       = "PublishToOwnersTopics"
      actions   = ["sns:Publish"]
      resources = ["${statement.value}-*"]
    }
  }
}
