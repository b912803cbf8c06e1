locals {
  # A version is a topic and queues of its own; version 1 had the names before there was another.
  suffixes = { for version in var.message_versions : version => version == "1" ? "" : "V${version}" }

  highest_version = tostring(max([for version in var.message_versions : tonumber(version)]...))
  sender_version  = coalesce(var.sender_version, local.highest_version)
}

module "topic" {
  source   = "../topic"
  for_each = local.suffixes

  name        = "OrgResourceEvents${each.value}"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { principals = var.publishers }
}

# For machines of other teams. Nobody here consumes it: it must build up.
module "machine_queue" {
  source   = "../subscribed_queue"
  for_each = local.suffixes

  name             = "OrgResourceEvents${each.value}"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic[each.key].topic.arn
  alarm_topic_arns = var.alarm_topic_arns
}

# For people, by way of the notifier, which reads one version's queue. The others' are the same and fill as well, so
# that the notifier can move to one at any time and finds there what it has not seen.
module "messaging_queue" {
  source   = "../subscribed_queue"
  for_each = local.suffixes

  name             = "OrgResourceEventsMessaging${each.value}"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic[each.key].topic.arn
  consumer         = merge(var.consumer, { present = each.key == local.sender_version })
  alarm_topic_arns = var.alarm_topic_arns
}
