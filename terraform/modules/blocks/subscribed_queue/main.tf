locals {
  name = "${var.name_prefix}${var.name}"

  a_day = 24 * 60 * 60

  max_receive_count = 5

  # AWS asks for six times the function's timeout, plus the window in which a batch gathers.
  visibility_timeout_seconds = var.consumer == null ? 30 : 6 * var.consumer.timeout_seconds + var.consumer.window_seconds

  sent_by_topic = { service = "sns.amazonaws.com", source_arns = [var.topic_arn] }
}

resource "aws_sqs_queue" "this" {
  name                       = local.name
  message_retention_seconds  = (var.consumer == null ? 14 : 4) * local.a_day
  visibility_timeout_seconds = local.visibility_timeout_seconds
  sqs_managed_sse_enabled    = true
  policy                     = module.queue_policy.json

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dlq.arn
    maxReceiveCount     = local.max_receive_count
  })
}

module "queue_policy" {
  source = "../queue_policy"

  queue_name = local.name
  sender     = local.sent_by_topic
  readers    = var.readers
}

# What the consumer could not handle: parked by the worker, or moved by SQS after the last receive.
resource "aws_sqs_queue" "dlq" {
  name                      = "${local.name}DLQ"
  message_retention_seconds = 14 * local.a_day
  sqs_managed_sse_enabled   = true
  policy                    = module.dlq_policy.json
}

module "dlq_policy" {
  source = "../queue_policy"

  queue_name = "${local.name}DLQ"
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = var.topic_arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.this.arn
  raw_message_delivery = true # the body is the contract
  filter_policy        = var.filter_policy == null ? null : jsonencode(var.filter_policy)
  redrive_policy       = jsonencode({ deadLetterTargetArn = aws_sqs_queue.subscription_dlq.arn })
}

# What the topic could not deliver to the queue.
resource "aws_sqs_queue" "subscription_dlq" {
  name                      = "${local.name}SubscriptionDLQ"
  message_retention_seconds = 14 * local.a_day
  sqs_managed_sse_enabled   = true
  policy                    = module.subscription_dlq_policy.json
}

module "subscription_dlq_policy" {
  source = "../queue_policy"

  queue_name = "${local.name}SubscriptionDLQ"
  sender     = local.sent_by_topic
}

module "dlq_alarm" {
  source   = "../alarm"
  for_each = length(var.alarm_topic_arns) == 0 ? [] : toset(["DLQ", "SubscriptionDLQ"])

  queue_name = "${local.name}${each.key}"
  metric     = "ApproximateNumberOfMessagesVisible"
  threshold  = 0
  meaning    = "Messages in ${local.name}${each.key} wait for a person: see why, mend it, redrive them."
  topic_arns = var.alarm_topic_arns
}

# By this age a message that only fails has reached the DLQ; an older one means that nobody is working.
module "age_alarm" {
  source = "../alarm"
  count  = try(var.consumer.present, false) ? min(1, length(var.alarm_topic_arns)) : 0

  queue_name = local.name
  metric     = "ApproximateAgeOfOldestMessage"
  threshold  = local.max_receive_count * local.visibility_timeout_seconds
  meaning    = "The worker of ${local.name} doesn't run or doesn't keep up."
  topic_arns = var.alarm_topic_arns
}
