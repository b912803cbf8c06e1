data "aws_caller_identity" "current" {}

locals {
  plain_address = "^[^@\\s<>,;]+@[^@\\s<>,;]+\\.[^@\\s<>,;.]+$"
}

# Notifications: any process may publish here, and every channel subscribes.
module "topic" {
  source = "../blocks/topic"

  name        = "OrgResourceEventsNotification"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { principals = var.publishers }
}

# Standard messages → words. Absent when the layer is deployed alone.
module "org_resource_event_notification_sender" {
  source = "../blocks/queue_worker"
  count  = var.standard_messages == null ? 0 : 1

  name        = "OrgResourceEventNotificationSender"
  name_prefix = var.name_prefix
  description = "Turns standard messages into notifications that people can read"
  package_dir = var.package_dir

  queue       = var.standard_messages.queue
  permissions = data.aws_iam_policy_document.write_notifications[0].json
  environment = {
    ACCOUNT_ID             = data.aws_caller_identity.current.account_id
    NOTIFICATION_TOPIC_ARN = module.topic.topic.arn
    ROUTING_BUCKET         = var.routing.bucket
    ROUTING_SHA256         = var.routing.sha256
    TAGS_TABLE_NAME        = var.standard_messages.enricher.table_name
  }

  function   = var.functions.org_resource_event_notification_sender
  batch      = var.batch
  monitoring = var.monitoring

  permissions_boundary_arn = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "write_notifications" {
  count = var.standard_messages == null ? 0 : 1

  source_policy_documents = [module.topic.publish_policy, var.routing.read_policy, var.standard_messages.enricher.policy]
}

# Channel: email.
module "email_queue" {
  source = "../blocks/subscribed_queue"

  name          = "OrgResourceEventsNotificationEmail"
  name_prefix   = var.name_prefix
  topic_arn     = module.topic.topic.arn
  filter_policy = { channels = ["email"] }
  consumer = {
    timeout_seconds = var.functions.email_notification_sender.timeout_seconds
    window_seconds  = var.batch.window_seconds
  }
  alarm_topic_arns = var.monitoring.alarm_topic_arns
}

module "email_notification_sender" {
  source = "../blocks/queue_worker"

  name        = "EmailNotificationSender"
  name_prefix = var.name_prefix
  description = "Mails notifications to their destinations, each once"
  package_dir = var.package_dir

  queue       = module.email_queue.queue
  permissions = data.aws_iam_policy_document.send_mails.json
  environment = {
    ROUTING_BUCKET  = var.routing.bucket
    ROUTING_SHA256  = var.routing.sha256
    SENDER_ADDRESS  = var.sender.address
    SENT_TABLE_NAME = aws_dynamodb_table.sent.name
  }

  function   = var.functions.email_notification_sender
  batch      = var.batch
  monitoring = var.monitoring

  permissions_boundary_arn = var.permissions_boundary_arn
}

data "aws_iam_policy_document" "send_mails" {
  #checkov:skip=CKV_AWS_111:ses:SendEmail is bound to one sender address by condition
  #checkov:skip=CKV_AWS_356:ses:SendEmail is bound to one sender address by condition
  source_policy_documents = [var.routing.read_policy]

  # SES checks more than the sender's identity: in the sandbox each recipient's identity, and the configuration
  # set where the identity has one. Which these are is the account's state and not ours to list, so the sender's
  # address is what binds. IfExists, because the local AWS doesn't know the key; SES always sends it.
  statement {
    sid       = "MailFromTheSenderOnly"
    actions   = ["ses:SendEmail"]
    resources = ["*"]

    condition {
      test     = "StringEqualsIfExists"
      variable = "ses:FromAddress"
      values   = [var.sender.address]
    }
  }

  statement {
    sid       = "RecordWhatWasSent"
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.sent.arn]
  }
}

# The sent record: what was mailed to whom, so that a repeated message mails nobody twice. The keys are those of
# Powertools' idempotency.
resource "aws_dynamodb_table" "sent" {
  #checkov:skip=CKV_AWS_28:records live for days and only prevent repeats; there is nothing to restore
  #checkov:skip=CKV_AWS_119:it holds ids only; DynamoDB encrypts it with its own key
  name         = "${var.name_prefix}OrgResourceEventsNotificationSent"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }

  ttl {
    attribute_name = "expiration"
    enabled        = true
  }
}

resource "aws_sesv2_email_identity" "sender" {
  count = var.sender.create_identity ? 1 : 0

  email_identity = var.sender.address
}
