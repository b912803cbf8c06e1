# A way to reach people: queues of the notifications for this channel, and the function that hands them to a provider, as
# slowly as that asks for.
module "names" {
  source = "../names"

  channels = [var.name]
}

locals {
  names = module.names.channels[var.name]

  # A larger batch than the provider takes in a few seconds only waits in the function. No window, as one message is often
  # all there is, and it is for people.
  batch = {
    size                = var.pacing.batch_size
    window_seconds      = 0
    maximum_concurrency = var.pacing.concurrency
  }

  consumer = {
    function        = local.names.function
    timeout_seconds = var.function.timeout_seconds
    window_seconds  = local.batch.window_seconds
  }

  late_seconds = 60 * 60

  filter = var.filtered ? { channels = [var.name] } : {}
}

module "queue" {
  source = "../subscribed_queue"

  name             = local.names.queue
  name_prefix      = var.name_prefix
  account          = var.account
  topic_arn        = var.topic_arn
  filter_policy    = var.filtered ? local.filter : null
  consumer         = local.consumer
  alarm_topic_arns = var.worker.monitoring.alarm_topic_arns
}

# What is FATAL once more, so that it need not wait behind a burst of other notifications. The sent record keeps it from
# being delivered twice. It shares the subscription's DLQ: all that is here is in the other queue too, and with one more
# DLQ the longest name_prefix would make a name too long for SQS.
module "urgent_queue" {
  source = "../subscribed_queue"

  name             = local.names.urgent_queue
  name_prefix      = var.name_prefix
  account          = var.account
  topic_arn        = var.topic_arn
  filter_policy    = merge(local.filter, { severity = ["FATAL"] })
  subscription_dlq = module.queue.queues["${local.names.queue}SubscriptionDLQ"]
  consumer         = local.consumer
  alarm_topic_arns = var.worker.monitoring.alarm_topic_arns
}

module "worker" {
  source = "../queue_worker"

  name        = local.names.function
  name_prefix = var.name_prefix
  description = var.function.description

  queue        = module.queue.this
  urgent_queue = module.urgent_queue.this
  permissions  = data.aws_iam_policy_document.deliver.json
  environment = merge(
    var.function.environment,
    {
      QUEUE_URL        = module.queue.this.url
      ROUTING_BUCKET   = var.routing.bucket
      ROUTING_SHA256   = var.routing.sha256
      SENDS_PER_SECOND = tostring(var.pacing.rate)
      SENT_TABLE_NAME  = var.sent_table.name
      URGENT_QUEUE_URL = module.urgent_queue.this.url
    },
    var.pacing.quota == null ? {} : { SENDS_PER_DAY = tostring(var.pacing.quota) },
  )
  function = {
    timeout_seconds = var.function.timeout_seconds
    memory_mb       = var.function.memory_mb
  }
  worker = merge(var.worker, { batch = local.batch })
}

# Notifications that the provider does not take for now go to the end of their queue again, where their age begins anew.
module "late_alarm" {
  source = "../alarm"
  count  = min(1, length(var.worker.monitoring.alarm_topic_arns))

  name       = module.worker.function.name
  metric     = "AgeSinceFirstEnqueued"
  dimensions = { FunctionName = module.worker.function.name }
  threshold  = local.late_seconds
  # A notification comes back after 15 minutes at the latest: the alarm lasts while any does.
  minutes    = { above = 1, of = 20 }
  meaning    = "A notification has waited for more than an hour until ${module.worker.function.name} may deliver it, as the provider's rate or quota is used up or it takes nothing at all. None is lost for 72 hours; then they wait in the DLQ. The function's log has the reason under later; make doctor shows rate, quota and what waits: have the provider raise them or end its pause, or reduce what is sent."
  topic_arns = var.worker.monitoring.alarm_topic_arns
}

data "aws_iam_policy_document" "deliver" {
  source_policy_documents = [var.routing.read_policy, var.function.permissions]

  statement {
    sid       = "RecordWhatWasSent"
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [var.sent_table.arn]
  }

  statement {
    sid       = "SendBackForLater"
    actions   = ["sqs:SendMessage"]
    resources = [module.queue.this.arn, module.urgent_queue.this.arn]
  }
}
