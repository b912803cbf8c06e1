module "names" {
  source = "../names"
}

resource "aws_sns_topic" "this" {
  name              = "${var.name_prefix}${var.name}"
  kms_master_key_id = var.key_arn

  # A topic that is removed goes last, after its publishers no longer have its ARN.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}

module "alarm" {
  source = "../alarm"
  count  = min(1, length(var.alarm_topic_arns))

  name       = aws_sns_topic.this.name
  metric     = "NumberOfNotificationsFailedToRedriveToDlq"
  dimensions = { TopicName = aws_sns_topic.this.name }
  meaning    = "Messages of the topic ${aws_sns_topic.this.name} are lost: SNS could put them neither into a subscribed queue nor into the DLQ of its subscription. Check both queues and their policies."
  topic_arns = var.alarm_topic_arns
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "OnlyEncryptedTransport"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # No condition: whether EventBridge sends aws:SourceArn to SNS is unproven, and a wrong guess loses every event.
  dynamic "statement" {
    for_each = length(var.publishers.services) > 0 ? [var.publishers.services] : []

    content {
      sid       = "NamedServicesPublish"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this.arn]

      principals {
        type        = "Service"
        identifiers = statement.value
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.publishers.principals) > 0 ? [var.publishers.principals] : []

    content {
      sid       = "NamedPublishersPublish"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this.arn]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.subscribers) > 0 ? [var.subscribers] : []

    content {
      sid       = "NamedSubscribersSubscribe"
      actions   = ["sns:Subscribe"]
      resources = [aws_sns_topic.this.arn]

      principals {
        type        = "AWS"
        identifiers = statement.value
      }
    }
  }
}

# What a role needs to publish here; SNS encrypts with the publisher's rights on the key.
data "aws_iam_policy_document" "publish" {
  statement {
    sid       = "PublishTo${var.name}"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]
  }

  statement {
    sid       = "EncryptFor${var.name}"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = [var.key_arn]
  }
}
