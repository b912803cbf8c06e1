module "topic" {
  source = "../topic"

  name        = "OrgResourceEvents"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { principals = var.publishers }
}

# For machines of other teams. Nobody here consumes it: it must build up.
module "machine_queue" {
  source = "../subscribed_queue"

  name             = "OrgResourceEvents"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic.topic.arn
  alarm_topic_arns = var.alarm_topic_arns
}

# For people, by way of the notifier.
module "messaging_queue" {
  source = "../subscribed_queue"

  name             = "OrgResourceEventsMessaging"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic.topic.arn
  consumer         = var.consumer
  alarm_topic_arns = var.alarm_topic_arns
}
