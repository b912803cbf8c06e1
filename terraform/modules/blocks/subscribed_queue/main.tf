locals {
  name = "${var.name_prefix}${var.name}"

  max_receive_count = 5

  # AWS asks for six times the function's timeout, plus the window in which a batch gathers.
  visibility_timeout_seconds = var.consumer == null ? 30 : 6 * var.consumer.timeout_seconds + var.consumer.window_seconds

  dlqs           = var.subscription_dlq == null ? ["DLQ", "SubscriptionDLQ"] : ["DLQ"]
  longest_suffix = reverse(local.dlqs)[0]

  sent_by_topic = { service = "sns.amazonaws.com", source_arns = [var.topic_arn] }
}

module "queue" {
  source = "../queue"

  name                       = var.name
  name_prefix                = var.name_prefix
  account                    = var.account
  retention_days             = var.consumer == null ? 14 : 4
  visibility_timeout_seconds = local.visibility_timeout_seconds
  sender                     = local.sent_by_topic
  readers                    = var.readers
  redrive = {
    dlq_arn           = module.dlq.this.arn
    max_receive_count = local.max_receive_count
  }
}

# What the consumer could not handle: parked by the worker, or moved by SQS after the last receive.
module "dlq" {
  source = "../queue"

  name        = "${var.name}DLQ"
  name_prefix = var.name_prefix
  account     = var.account
  dlq_of      = var.name
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = var.topic_arn
  protocol             = "sqs"
  endpoint             = module.queue.this.arn
  raw_message_delivery = true # the body is the contract
  filter_policy        = var.filter_policy == null ? null : jsonencode(var.filter_policy)
  redrive_policy       = jsonencode({ deadLetterTargetArn = coalesce(var.subscription_dlq, one(module.subscription_dlq[*].this)).arn })
}

# What the topic could not deliver to the queue.
module "subscription_dlq" {
  source = "../queue"
  count  = var.subscription_dlq == null ? 1 : 0

  name        = "${var.name}SubscriptionDLQ"
  name_prefix = var.name_prefix
  account     = var.account
  sender      = local.sent_by_topic
}

module "dlq_alarm" {
  source   = "../alarm"
  for_each = length(var.alarm_topic_arns) == 0 ? [] : toset(local.dlqs)

  name       = "${local.name}${each.key}"
  metric     = "ApproximateNumberOfMessagesVisible"
  dimensions = { QueueName = "${local.name}${each.key}" }
  meaning    = "Messages in ${local.name}${each.key} wait for a person: find the cause, fix it, redrive them."
  topic_arns = var.alarm_topic_arns
}

# A message that only fails is in the DLQ by this age; an older one means that no worker runs.
module "age_alarm" {
  source = "../alarm"
  count  = try(var.consumer.present, false) ? min(1, length(var.alarm_topic_arns)) : 0

  name       = local.name
  metric     = "ApproximateAgeOfOldestMessage"
  dimensions = { QueueName = local.name }
  threshold  = local.max_receive_count * local.visibility_timeout_seconds
  meaning    = "The worker of ${local.name} does not run or does not keep up."
  topic_arns = var.alarm_topic_arns
}

moved {
  from = aws_sqs_queue.this
  to   = module.queue.aws_sqs_queue.this
}

moved {
  from = aws_sqs_queue.dlq
  to   = module.dlq.aws_sqs_queue.this
}

moved {
  from = aws_sqs_queue.subscription_dlq
  to   = module.subscription_dlq.aws_sqs_queue.this
}

moved {
  from = module.subscription_dlq
  to   = module.subscription_dlq[0]
}
