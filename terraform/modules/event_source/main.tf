module "names" {
  source = "../blocks/names"

  name_prefix = var.name_prefix
  buses       = keys(var.buses)
}

locals {
  catalogue = jsondecode(file(var.catalogue.compiled))

  rules = merge([
    for service in toset(var.services) : {
      for name, rule in local.catalogue.rules[service] : name => merge(rule, { service = service })
    }
  ]...)

  # Services that never report here: the regions of this partition where their events come up.
  china_or_gov = "^(?:cn-|us-gov-)?"
  elsewhere = {
    for service, where in local.catalogue.services : service => [
      for region in where.regions : region
      if regex(local.china_or_gov, region) == regex(local.china_or_gov, var.account.region)
    ]
    if length(where.regions) > 0 && !contains(where.regions, var.account.region)
  }
}

# No event_bus_name: the default bus is where AWS services put their events.
resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name          = "${var.name_prefix}${each.key}"
  description   = "What the catalogue knows of ${each.value.service}, real events and drills"
  event_pattern = each.value.pattern
  state         = each.value.state

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
  arn  = module.topic.this.arn

  dead_letter_config {
    arn = module.rule_dlq.this.arn
  }
}

module "rule_alarms" {
  source   = "../blocks/rule_alarms"
  for_each = aws_cloudwatch_event_rule.this

  name       = each.value.name
  rule       = { name = each.value.name }
  topic_arns = var.alarm_topic_arns
}

# Custom events, and events of partners and of other accounts.
module "bus" {
  source   = "../blocks/event_bus"
  for_each = var.buses

  name        = each.key
  name_prefix = var.name_prefix
  account     = var.account
  settings    = each.value
  topic_arn   = module.topic.this.arn
  dlq_arn     = module.rule_dlq.this.arn

  alarm_topic_arns = var.alarm_topic_arns
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
      for bus in module.names.buses :
      "arn:${var.account.partition}:logs:${var.account.region}:${var.account.id}:log-group:${bus.log_group}:*"
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
  topic_arn        = module.topic.this.arn
  dlq_arn          = module.rule_dlq.this.arn
  alarm_topic_arns = var.alarm_topic_arns
}

# Events that the rules could not deliver.
module "rule_dlq" {
  source = "../blocks/queue"

  name        = "AwsServiceEventsRuleDLQ"
  name_prefix = var.name_prefix
  account     = var.account

  # All rules of this deployment; those of the default bus by patterns: the ARNs of 40 services would come near the 8 KB
  # that SQS allows a policy, and change with every service. Whoever can create a rule of such a name administers
  # EventBridge in this account and region anyway. Spelt out, because the rules' targets need this queue.
  sender = {
    service = "events.amazonaws.com"
    source_arns = [
      for rule in concat(module.names.rules, values(module.names.buses)[*].rule) :
      "arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:rule/${rule}"
    ]
  }
}

module "rule_dlq_alarm" {
  source = "../blocks/alarm"
  count  = min(1, length(var.alarm_topic_arns))

  name       = module.rule_dlq.this.name
  metric     = "ApproximateNumberOfMessagesVisible"
  dimensions = { QueueName = module.rule_dlq.this.name }
  meaning    = "Events in ${module.rule_dlq.this.name} could not be delivered, to the topic or to the log group of a bus; their attribute TARGET_ARN names which. Find the cause, fix it, redrive them."
  topic_arns = var.alarm_topic_arns
}

module "topic" {
  source = "../blocks/topic"

  name        = "AwsServiceEvents"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { services = ["events.amazonaws.com"] }

  alarm_topic_arns = var.alarm_topic_arns
}

module "queue" {
  source = "../blocks/subscribed_queue"

  name             = "AwsServiceEvents"
  name_prefix      = var.name_prefix
  account          = var.account
  topic_arn        = module.topic.this.arn
  consumer         = var.consumer
  alarm_topic_arns = var.alarm_topic_arns
}

moved {
  from = aws_sqs_queue.rule_dlq
  to   = module.rule_dlq.aws_sqs_queue.this
}
