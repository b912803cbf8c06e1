data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  patterns = jsondecode(file(var.catalogue.compiled)).patterns

  # A service's first rule has no number, so that it stays what it is when the service needs a second one.
  rules = merge([
    for service in toset(var.services) : {
      for index, pattern in local.patterns[service] :
      "AwsServiceEvents-${service}${index == 0 ? "" : "-${index + 1}"}" => { service = service, pattern = pattern }
    }
  ]...)
}

# No event_bus_name: the default bus is where AWS services put their events.
resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name          = "${var.name_prefix}${each.key}"
  description   = "What the catalogue knows of ${each.value.service}, real events and drills"
  event_pattern = each.value.pattern

  lifecycle {
    precondition {
      condition     = length("${var.name_prefix}${each.key}") <= 64
      error_message = "EventBridge takes rule names of up to 64 characters, and ${var.name_prefix}${each.key} has ${length("${var.name_prefix}${each.key}")}: shorten name_prefix."
    }

    precondition {
      condition     = length(each.value.pattern) <= 2048
      error_message = "EventBridge takes patterns of up to 2048 characters, and that of ${each.key} has ${length(each.value.pattern)}: `make package` splits what is too long."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = aws_cloudwatch_event_rule.this

  rule = each.value.name
  arn  = module.topic.topic.arn

  dead_letter_config {
    arn = aws_sqs_queue.rule_dlq.arn
  }
}

# Events of your own, of partners and of other accounts.
module "bus" {
  source   = "../blocks/event_bus"
  for_each = var.buses

  name        = each.key
  name_prefix = var.name_prefix
  settings    = each.value
  topic_arn   = module.topic.topic.arn
  dlq_arn     = aws_sqs_queue.rule_dlq.arn
}

# One for all buses: an account has ten of these.
resource "aws_cloudwatch_log_resource_policy" "buses" {
  count = min(1, length(var.buses))

  policy_name     = "${var.name_prefix}InfraEventsBuses"
  policy_document = data.aws_iam_policy_document.log_events.json
}

data "aws_iam_policy_document" "log_events" {
  statement {
    sid     = "EventBridgeLogsEvents"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [
      for bus in keys(var.buses) : join(":", [
        "arn", data.aws_partition.current.partition, "logs", data.aws_region.current.name,
        data.aws_caller_identity.current.account_id, "log-group", "/aws/events/${var.name_prefix}${bus}", "*",
      ])
    ]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com", "events.amazonaws.com"]
    }
  }
}

module "schedule" {
  source   = "../blocks/schedule"
  for_each = var.schedules

  name        = "Schedule-${each.key}"
  name_prefix = var.name_prefix
  expression  = each.value.schedule
  event = {
    source      = "infra-events.schedule"
    detail_type = "Schedule Elapsed"
    detail      = merge(each.value.detail, { name = each.key })
  }
  topic_arn = module.topic.topic.arn
  dlq_arn   = aws_sqs_queue.rule_dlq.arn
}

# What the rules could not deliver.
resource "aws_sqs_queue" "rule_dlq" {
  name                      = "${var.name_prefix}AwsServiceEventsRuleDLQ"
  message_retention_seconds = 14 * 24 * 60 * 60
  sqs_managed_sse_enabled   = true
  policy                    = module.rule_dlq_policy.json
}

module "rule_dlq_policy" {
  source = "../blocks/queue_policy"

  queue_name = "${var.name_prefix}AwsServiceEventsRuleDLQ"

  # All rules of this deployment; those of the default bus by the names they share: a list of 40 services' ARNs would
  # come near the 8 KB that SQS allows a policy, and change with every service. Whoever can make a rule of such a name
  # administers EventBridge in this account and region anyway. Spelt out, because the rules' targets need this queue.
  sender = {
    service = "events.amazonaws.com"
    source_arns = [
      for rule in concat(
        [for name in ["AwsServiceEvents-*", "Schedule-*", "Heartbeat"] : "${var.name_prefix}${name}"],
        [for bus in keys(var.buses) : "${startswith(bus, "aws.partner/") ? "" : var.name_prefix}${bus}/${var.name_prefix}CatchAll"],
      ) :
      join(":", [
        "arn", data.aws_partition.current.partition, "events", data.aws_region.current.name,
        data.aws_caller_identity.current.account_id, "rule/${rule}",
      ])
    ]
  }
}

module "rule_dlq_alarm" {
  source = "../blocks/alarm"
  count  = min(1, length(var.alarm_topic_arns))

  queue_name = aws_sqs_queue.rule_dlq.name
  metric     = "ApproximateNumberOfMessagesVisible"
  threshold  = 0
  meaning    = "Events in ${aws_sqs_queue.rule_dlq.name} never reached the topic: see why, mend it, redrive them."
  topic_arns = var.alarm_topic_arns
}

module "topic" {
  source = "../blocks/topic"

  name        = "AwsServiceEvents"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { services = ["events.amazonaws.com"] }
}

module "queue" {
  source = "../blocks/subscribed_queue"

  name             = "AwsServiceEvents"
  name_prefix      = var.name_prefix
  topic_arn        = module.topic.topic.arn
  consumer         = var.consumer
  alarm_topic_arns = var.alarm_topic_arns
}
