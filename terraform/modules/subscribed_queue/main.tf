locals {
  days_to_consume = 4
  days_to_keep    = 14 # as long as SQS allows

  max_receive_count = 5

  # AWS asks for six times the function's timeout, plus the window in which a batch gathers.
  visibility_timeout_seconds = var.consumer == null ? 30 : 6 * var.consumer.timeout_seconds + var.consumer.window_seconds
}

module "queue" {
  source = "../queue"

  name                       = var.name
  name_prefix                = var.name_prefix
  retention_days             = var.consumer == null ? local.days_to_keep : local.days_to_consume
  visibility_timeout_seconds = local.visibility_timeout_seconds

  redrive = { dlq_arn = module.dlq.queue.arn, max_receive_count = local.max_receive_count }
  sender  = { service = "sns.amazonaws.com", source_arn = var.topic_arn }
}

# What a consumer could not handle: exhausted by SQS after the last receive, or parked by the worker.
module "dlq" {
  source = "../queue"

  name           = "${var.name}DLQ"
  name_prefix    = var.name_prefix
  retention_days = local.days_to_keep
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = var.topic_arn
  protocol             = "sqs"
  endpoint             = module.queue.queue.arn
  raw_message_delivery = true # the body is the contract
  filter_policy        = var.filter_policy == null ? null : jsonencode(var.filter_policy)
  redrive_policy       = jsonencode({ deadLetterTargetArn = module.subscription_dlq.queue.arn })
}

# What the topic could not deliver to the queue.
module "subscription_dlq" {
  source = "../queue"

  name           = "${var.name}SubscriptionDLQ"
  name_prefix    = var.name_prefix
  retention_days = local.days_to_keep

  sender = { service = "sns.amazonaws.com", source_arn = var.topic_arn }
}

module "dlq_alarm" {
  source   = "../alarm"
  for_each = length(var.alarm_topic_arns) == 0 ? {} : { dlq = module.dlq.queue.name, subscription_dlq = module.subscription_dlq.queue.name }

  queue_name = each.value
  metric     = "ApproximateNumberOfMessagesVisible"
  threshold  = 0
  meaning    = "Messages in ${each.value} wait for a person: see why, mend it, redrive them."
  topic_arns = var.alarm_topic_arns
}

# By this age a message that only fails has reached the DLQ; an older one means that nobody is working.
module "age_alarm" {
  source = "../alarm"
  count  = var.consumer == null ? 0 : min(1, length(var.alarm_topic_arns))

  queue_name = module.queue.queue.name
  metric     = "ApproximateAgeOfOldestMessage"
  threshold  = local.max_receive_count * local.visibility_timeout_seconds
  meaning    = "The worker of ${module.queue.queue.name} doesn't run or doesn't keep up."
  topic_arns = var.alarm_topic_arns
}
