# A way to reach people: a queue of the notifications for this channel, and the function that hands them to a provider.
module "names" {
  source = "../names"

  channels = [var.name]
}

locals {
  names = module.names.channels[var.name]
}

module "queue" {
  source = "../subscribed_queue"

  name          = local.names.queue
  name_prefix   = var.name_prefix
  account       = var.account
  topic_arn     = var.topic_arn
  filter_policy = var.filtered ? { channels = [var.name] } : null
  consumer = {
    function        = local.names.function
    timeout_seconds = var.function.timeout_seconds
    window_seconds  = var.worker.batch.window_seconds
  }
  alarm_topic_arns = var.worker.monitoring.alarm_topic_arns
}

module "worker" {
  source = "../queue_worker"

  name        = local.names.function
  name_prefix = var.name_prefix
  description = var.function.description

  queue       = module.queue.this
  permissions = data.aws_iam_policy_document.deliver.json
  environment = merge(var.function.environment, {
    ROUTING_BUCKET  = var.routing.bucket
    ROUTING_SHA256  = var.routing.sha256
    SENT_TABLE_NAME = var.sent_table.name
  })
  function = {
    timeout_seconds = var.function.timeout_seconds
    memory_mb       = var.function.memory_mb
  }
  worker = var.worker
}

data "aws_iam_policy_document" "deliver" {
  source_policy_documents = [var.routing.read_policy, var.function.permissions]

  statement {
    sid       = "RecordWhatWasSent"
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [var.sent_table.arn]
  }
}
