locals {
  plain_address = "^[^@\\s<>,;]+@[^@\\s<>,;]+\\.[^@\\s<>,;.]+$"

  # The ARN of an identity of SES. With global endpoints it has a star for the region.
  identity = "^arn:[^:]+:ses:(?P<region>[a-z0-9-]+|\\*):[0-9]{12}:identity/.+$"

  ses_region = coalesce(var.sender.ses.region, var.account.region)

  # A tenth of what SES takes is left to others, and to a count that is not quite SES's. In thousandths, since a product
  # of fractions is not written as one would: 12.6.
  mail_rate  = floor(900 * var.sender.rate) / 1000
  mail_quota = var.sender.quota == null ? null : max(1, floor(0.9 * coalesce(var.sender.quota, 1)))

  # A channel is one entry here and one folder in functions/, <channel>_notification_sender. `rate` is how many targets it
  # may notify in a second. One is not filtered: it delivers notifications that name no channel. A filter can't do that, for
  # SNS matches `exists: false` only where there is at least one attribute:
  # https://docs.aws.amazon.com/sns/latest/dg/attribute-key-matching.html
  channels = {
    email = {
      filtered    = false
      description = "Mails notifications to their destinations, each once"
      permissions = data.aws_iam_policy_document.send_mails.json
      environment = { for name, value in {
        SENDER_ADDRESS        = var.sender.address
        SES_REGION            = var.sender.ses.region
        SES_IDENTITY_ARN      = var.sender.ses.identity_arn
        SES_CONFIGURATION_SET = var.sender.ses.configuration_set
      } : name => value if value != null }
      rate  = local.mail_rate
      quota = local.mail_quota
    }
  }
}

# Notifications: the sender and other processes publish here, and every channel subscribes.
module "topic" {
  source = "../blocks/topic"

  name        = "OrgResourceEventsNotification"
  name_prefix = var.name_prefix
  key_arn     = var.topic_key_arn
  publishers  = { principals = var.publishers }

  alarm_topic_arns = var.worker.monitoring.alarm_topic_arns
}

# Turns standard messages into notifications. Absent when the layer is deployed alone.
module "org_resource_event_notification_sender" {
  source = "../blocks/queue_worker"
  count  = var.standard_messages == null ? 0 : 1

  name        = "OrgResourceEventNotificationSender"
  name_prefix = var.name_prefix
  description = "Turns standard messages into notifications that people can read"

  queue       = var.standard_messages.queue
  permissions = data.aws_iam_policy_document.write_notifications[0].json
  environment = {
    ACCOUNT_ID             = var.account.id
    NOTIFICATION_TOPIC_ARN = module.topic.this.arn
    ROUTING_BUCKET         = var.routing.bucket
    ROUTING_SHA256         = var.routing.sha256
    TAGS_TABLE_NAME        = var.standard_messages.enricher.table_name
  }

  function = var.standard_messages.function
  worker   = var.worker

  # What it writes is for the channels of the same routing: with an older one they would not know a new destination. The
  # input, since `depends_on` would have Terraform read the policies after the apply.
  after = values(module.channel)[*].rollout
}

data "aws_iam_policy_document" "write_notifications" {
  count = var.standard_messages == null ? 0 : 1

  source_policy_documents = [module.topic.publish_policy, var.routing.read_policy, var.standard_messages.enricher.policy]
}

module "channel" {
  source   = "../blocks/channel"
  for_each = local.channels

  name        = each.key
  filtered    = try(each.value.filtered, true)
  name_prefix = var.name_prefix
  account     = var.account
  topic_arn   = module.topic.this.arn
  routing     = var.routing
  sent_table = {
    name = aws_dynamodb_table.sent.name
    arn  = aws_dynamodb_table.sent.arn
  }
  function = merge(each.value, try(var.functions["${each.key}_notification_sender"], {}))
  pacing = {
    rate  = each.value.rate
    quota = try(each.value.quota, null)
    # One batch after the other, a function hands over about eight notifications in a second.
    concurrency = min(1000, max(2, ceil(each.value.rate / 8)))
    batch_size  = min(10, max(1, floor(5 * each.value.rate)))
  }
  worker = var.worker
}

data "aws_iam_policy_document" "send_mails" {
  #checkov:skip=CKV_AWS_111:ses:SendEmail is bound to one sender address by condition
  #checkov:skip=CKV_AWS_356:ses:SendEmail is bound to one sender address by condition
  # SES checks more than the sender's identity, which may be another account's: in the sandbox each recipient's identity,
  # and the configuration set where there is one. These depend on the account's state, so the condition is on the sender's
  # address. IfExists, because the local AWS does not send the key; SES always does.
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
}

# The sent record of all channels, which keeps a repeated notification from being delivered twice. Its keys are those
# of Powertools' idempotency.
resource "aws_dynamodb_table" "sent" {
  #checkov:skip=CKV_AWS_28:records live for days and only prevent repeats; there is nothing to restore
  #checkov:skip=CKV_AWS_119:it holds ids only; DynamoDB encrypts it with a key of AWS
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

moved {
  from = module.email_queue
  to   = module.channel["email"].module.queue
}

moved {
  from = module.email_notification_sender
  to   = module.channel["email"].module.worker
}
