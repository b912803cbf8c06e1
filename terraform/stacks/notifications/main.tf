# The way of an event: from the bus to a standard message, from there to machines and, as a notification, to people.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account = {
    id        = data.aws_caller_identity.current.account_id
    region    = data.aws_region.current.name
    partition = data.aws_partition.current.partition
  }

  worker = {
    package_dir              = var.package_dir
    batch                    = var.batch
    monitoring               = var.monitoring
    permissions_boundary_arn = var.permissions_boundary_arn
    role_path                = var.role_path
    vpc                      = var.vpc
  }

  topic_key_arn = var.topic_key == null ? module.topic_key[0].arn : var.topic_key.arn
}

module "topic_key" {
  source = "../../modules/blocks/topic_key"
  count  = var.topic_key == null ? 1 : 0

  name_prefix = var.name_prefix
  account     = local.account
  publishers  = distinct(concat(var.publishers.standard_messages, var.publishers.notifications))
}

module "routing" {
  source = "../../modules/blocks/routing"

  name_prefix = var.name_prefix
  account     = local.account
  files       = var.routing
}

module "enricher" {
  source = "../../modules/blocks/enricher"

  name_prefix = var.name_prefix
}

module "event_source" {
  source = "../../modules/event_source"

  name_prefix = var.name_prefix
  account     = local.account
  services    = var.services
  catalogue = {
    compiled = "${var.package_dir}/catalogue.json"
    source   = "${path.module}/../../../functions/aws_service_event_handler/catalogue"
  }
  buses            = var.buses
  schedules        = var.schedules
  topic_key_arn    = local.topic_key_arn
  alarm_topic_arns = var.monitoring.alarm_topic_arns
  consumer = {
    function        = "AwsServiceEventHandler"
    timeout_seconds = var.functions.aws_service_event_handler.timeout_seconds
    window_seconds  = var.batch.window_seconds
  }
}

module "standardizer" {
  source = "../../modules/standardizer"

  name_prefix = var.name_prefix
  account     = local.account
  queue       = module.event_source.queue
  topics      = module.fan_out.standard_topics
  routing     = module.routing.object
  enricher    = module.enricher
  function    = var.functions.aws_service_event_handler
  worker      = local.worker
}

module "fan_out" {
  source = "../../modules/fan_out"

  name_prefix      = var.name_prefix
  account          = local.account
  message_versions = var.message_versions
  sender_version   = var.sender_version
  owners           = module.routing.owners
  topic_key_arn    = local.topic_key_arn
  publishers       = var.publishers.standard_messages
  alarm_topic_arns = var.monitoring.alarm_topic_arns
  consumer = {
    function        = "OrgResourceEventNotificationSender"
    timeout_seconds = var.functions.org_resource_event_notification_sender.timeout_seconds
    window_seconds  = var.batch.window_seconds
  }
}

module "notifier" {
  source = "../../modules/notifier"

  name_prefix   = var.name_prefix
  account       = local.account
  topic_key_arn = local.topic_key_arn
  publishers    = var.publishers.notifications
  standard_messages = {
    queue    = module.fan_out.messaging_queue
    enricher = module.enricher
    function = var.functions.org_resource_event_notification_sender
  }
  sender = {
    address         = var.sender_address
    create_identity = var.create_sender_identity
    rate            = var.mail_rate
    quota           = var.mail_quota
    ses             = var.ses
  }
  routing   = module.routing.object
  functions = var.functions
  worker    = local.worker
}

module "heartbeat" {
  source = "../../modules/blocks/heartbeat"
  count  = var.heartbeat == null ? 0 : 1

  name_prefix      = var.name_prefix
  rhythm           = var.heartbeat
  event_source     = module.event_source.entrance
  function_name    = module.notifier.channels[var.heartbeat.channel]
  alarm_topic_arns = var.monitoring.alarm_topic_arns
}

moved {
  from = module.topic_key
  to   = module.topic_key[0]
}
